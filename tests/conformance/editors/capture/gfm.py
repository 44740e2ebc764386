"""What GitHub's own Markdown library makes of the constructs: `pip install pycmarkgfm==1.2.1; python gfm.py >> FILE`."""

import json
from importlib.metadata import version

import pycmarkgfm  # type: ignore[import-not-found]

CONSTRUCTS = {
    "marks": "Say **bold**, *slanted*, ~~gone~~ and `x = 1`.",
    "link": "Read [the guide](https://docs.example.org/guide) first.",
    "headings": "# Plan\n\n## Steps\n\nGo.",
    "nested bullet list": "* fruit\n  * pear\n  * plum\n* bread",
    "numbers in bullets": "* fruit\n  1. wash\n  2. peel",
    "numbers from 3": "3. third\n4. fourth",
    "check list": "* [ ] ship\n* [x] build",
    "nested check list": "* [ ] ship\n  * [x] build",
    "code block": "```python\ndef f():\n    return 1 < 2\n```",
    "quotation": "> It was said.",
    "table with a header": "| Name | Age |\n| --- | --: |\n| Ada | 36 |",
    "image": "![A map](https://files.example.org/map.png)",
    "linked image": "[![A map](https://files.example.org/map.png)](https://docs.example.org/guide)",
    "rule": "above\n\n---\n\nbelow",
    "break": "one line  \nanother",
    "emoji": "well done 🎉",
    "details": "<details><summary>More</summary>\n\nHidden\n</details>",
}

for construct, text in CONSTRUCTS.items():
    html = pycmarkgfm.gfm_to_html(text, options=pycmarkgfm.options.unsafe)
    editor = {"editor": "cmark-gfm (GitHub)", "version": version("pycmarkgfm"), "construct": construct, "html": html}
    print(json.dumps(editor, ensure_ascii=False))
