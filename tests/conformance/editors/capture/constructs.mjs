// What is put into each editor: constructs of everyday tickets, as plain HTML. An editor that wants something else for
// one of them says so itself, in editors.mjs.
const IMAGE = "https://files.example.org/map.png";

export const CONSTRUCTS = {
  "marks": "<p>Say <strong>bold</strong>, <em>slanted</em>, <u>under</u>, <s>gone</s> and <code>x = 1</code>.</p>",
  "sub and superscript": "<p>H<sub>2</sub>O and x<sup>2</sup></p>",
  "link": '<p>Read <a href="https://docs.example.org/guide">the guide</a> first.</p>',
  "headings": "<h1>Plan</h1><h2>Steps</h2><p>Go.</p>",
  "nested bullet list": "<ul><li>fruit<ul><li>pear</li><li>plum</li></ul></li><li>bread</li></ul>",
  "numbers in bullets": "<ul><li>fruit<ol><li>wash</li><li>peel</li></ol></li></ul>",
  "numbers from 3": '<ol start="3"><li>third</li><li>fourth</li></ol>',
  "check list": null,
  "nested check list": null,
  "code block": '<pre><code class="language-python">def f():\n    return 1 &lt; 2</code></pre>',
  "quotation": "<blockquote><p>It was said.</p></blockquote>",
  "table with a header":
    "<table><thead><tr><th>Name</th><th>Age</th></tr></thead><tbody><tr><td>Ada</td><td>36</td></tr></tbody></table>",
  "merged cells":
    '<table><tbody><tr><td colspan="2">wide</td></tr><tr><td>left</td><td>right</td></tr></tbody></table>',
  "cell background": '<table><tbody><tr><td style="background-color: #ffcc00">warm</td><td>plain</td></tr></tbody></table>',
  "image": `<p><img src="${IMAGE}" alt="A map"></p>`,
  "image with a width": `<p><img src="${IMAGE}" alt="A map" width="200"></p>`,
  "image at the right": `<p><img src="${IMAGE}" alt="A map" style="float: right"></p>`,
  "image with a caption": `<figure class="image"><img src="${IMAGE}" alt="A map"><figcaption>Where we are</figcaption></figure>`,
  "linked image": `<p><a href="https://docs.example.org/guide"><img src="${IMAGE}" alt="A map"></a></p>`,
  "text colour": '<p>mind <span style="color: #e60000">the gap</span> here</p>',
  "text background": '<p>mind <span style="background-color: #ffff00">the gap</span> here</p>',
  "white on black": '<p>mind <span style="background-color: #000000; color: #ffffff">the gap</span> here</p>',
  "centred": '<p style="text-align: center">middle</p>',
  "at the right": '<p style="text-align: right">far</p>',
  "indented": null,
  "rule": "<p>above</p><hr><p>below</p>",
  "break": "<p>one line<br>another</p>",
  "empty line": "<p>above</p><p><br></p><p>below</p>",
  "emoji": "<p>well done 🎉</p>",
  "formula": null,
  "embedded video": null,
  "details": "<details><summary>More</summary><p>Hidden</p></details>",
};
