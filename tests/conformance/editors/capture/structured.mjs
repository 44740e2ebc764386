// Editors that keep a document as data, and what is written of it: by the editor's own page, or by a package for it.
//
// They read no HTML, so every construct is given as the data that the editor itself would keep.
const IMAGE = "https://files.example.org/map.png";
const GUIDE = "https://docs.example.org/guide";
const say = (data) => `window.show(${JSON.stringify(data)})`;
// Some packages expect what Node.js has.
const PAGE = "<script>window.global = window; window.process = { env: {} }</script><div id=editor></div>";
const inputsOf = (data) => Object.fromEntries(Object.entries(data).map(([construct, value]) => [construct, say(value)]));

// --- Draft.js: blocks of text with ranges

const block = (text, type = "unstyled", more = {}) => ({ text, type, depth: 0, inlineStyleRanges: [], entityRanges: [], ...more });
const styled = (text, ...styles) =>
  block(text, "unstyled", { inlineStyleRanges: styles.map(([word, style]) => ({ offset: text.indexOf(word), length: word.length, style })) });
const raw = (blocks, entityMap = {}) => ({ blocks: blocks.map((one, key) => ({ key: `k${key}`, ...one })), entityMap });
const atomic = (type, data) => raw(
  [block(""), block(" ", "atomic", { entityRanges: [{ offset: 0, length: 1, key: 0 }] }), block("")],
  { 0: { type, mutability: "IMMUTABLE", data } });

const DRAFT = {
  "marks": raw([styled("Say bold, slanted, under, gone and x = 1.", ["bold", "BOLD"], ["slanted", "ITALIC"], ["under", "UNDERLINE"],
    ["gone", "STRIKETHROUGH"], ["x = 1", "CODE"])]),
  "link": raw([block("Read the guide first.", "unstyled", { entityRanges: [{ offset: 5, length: 9, key: 0 }] })],
    { 0: { type: "LINK", mutability: "MUTABLE", data: { url: GUIDE, href: GUIDE } } }),
  "headings": raw([block("Plan", "header-one"), block("Steps", "header-two"), block("Go.")]),
  "nested bullet list": raw([block("fruit", "unordered-list-item"), block("pear", "unordered-list-item", { depth: 1 }),
    block("plum", "unordered-list-item", { depth: 1 }), block("bread", "unordered-list-item")]),
  "numbers in bullets": raw([block("fruit", "unordered-list-item"), block("wash", "ordered-list-item", { depth: 1 }),
    block("peel", "ordered-list-item", { depth: 1 })]),
  "code block": raw([block("def f():", "code-block"), block("    return 1 < 2", "code-block")]),
  "quotation": raw([block("It was said.", "blockquote")]),
  "image": atomic("IMAGE", { src: IMAGE, alt: "A map" }),
  "image with a width": atomic("IMAGE", { src: IMAGE, alt: "A map", width: "200px", height: "auto" }),
  "text colour": raw([styled("mind the gap here", ["the gap", "color-#e60000"])]),
  "text background": raw([styled("mind the gap here", ["the gap", "bgcolor-#ffff00"])]),
  "centred": raw([block("middle", "unstyled", { data: { "text-align": "center" } })]),
  "break": raw([block("one line\nanother")]),
  "empty line": raw([block("above"), block(""), block("below")]),
  "emoji": raw([block("well done 🎉")]),
};

const draft = (name, of, imports, read) => ({
  name,
  package: of,
  page: PAGE,
  bundle: `${imports} window.show = (data) => { ${read} }; window.read = () => window.html;`,
  only: true,
  inputs: inputsOf(DRAFT),
});

// --- Slate: nodes that the host draws, here as Slate's own examples do

const line = (...children) => ({ type: "paragraph", children: children.map((one) => (typeof one === "string" ? { text: one } : one)) });
const node = (type, ...children) => ({ type, children: children.map((one) => (typeof one === "string" ? { text: one } : one)) });
const SLATE = {
  "marks": [line("Say ", { text: "bold", bold: true }, ", ", { text: "slanted", italic: true }, ", ", { text: "under", underline: true },
    " and ", { text: "x = 1", code: true }, ".")],
  "link": [line("Read ", { type: "link", url: GUIDE, children: [{ text: "the guide" }] }, " first.")],
  "headings": [node("heading-one", "Plan"), node("heading-two", "Steps"), line("Go.")],
  "nested bullet list": [node("bulleted-list", node("list-item", line("fruit"), node("bulleted-list", node("list-item", line("pear")),
    node("list-item", line("plum")))), node("list-item", line("bread")))],
  "numbers in bullets": [node("bulleted-list", node("list-item", line("fruit"), node("numbered-list", node("list-item", line("wash")),
    node("list-item", line("peel")))))],
  "check list": [{ type: "check-list-item", checked: false, children: [{ text: "ship" }] },
    { type: "check-list-item", checked: true, children: [{ text: "build" }] }],
  "code block": [node("code-block", node("code-line", "def f():"), node("code-line", "    return 1 < 2"))],
  "quotation": [node("block-quote", "It was said.")],
  "table with a header": [node("table", node("table-row", node("table-header", line("Name")), node("table-header", line("Age"))),
    node("table-row", node("table-cell", line("Ada")), node("table-cell", line("36"))))],
  "image": [{ type: "image", url: IMAGE, alt: "A map", children: [{ text: "" }] }],
  "centred": [{ type: "paragraph", align: "center", children: [{ text: "middle" }] }],
  "break": [line("one line\nanother")],
  "empty line": [line("above"), line(""), line("below")],
  "emoji": [line("well done 🎉")],
  "rule": [line("above"), { type: "rule", children: [{ text: "" }] }, line("below")],
};
const SLATE_PAGE = `
  import React from "react"; import { createRoot } from "react-dom/client"; import { createEditor } from "slate";
  import { Editable, Slate, withReact } from "slate-react";
  const h = React.createElement;
  const TAGS = { "heading-one": "h1", "heading-two": "h2", "bulleted-list": "ul", "numbered-list": "ol", "list-item": "li",
    "block-quote": "blockquote", "table-row": "tr", "table-cell": "td", "table-header": "th", "paragraph": "p" };
  const draw = ({ attributes, children, element }) => {
    if (element.type === "link") return h("a", { ...attributes, href: element.url }, children);
    if (element.type === "image") return h("div", attributes, children, h("div", { contentEditable: false },
      h("img", { src: element.url, alt: element.alt })));
    if (element.type === "rule") return h("div", attributes, children, h("div", { contentEditable: false }, h("hr")));
    if (element.type === "table") return h("table", null, h("tbody", attributes, children));
    if (element.type === "code-block") return h("div", { ...attributes, style: { fontFamily: "monospace", whiteSpace: "pre" } }, children);
    if (element.type === "code-line") return h("div", attributes, children);
    if (element.type === "check-list-item") return h("div", attributes, h("span", { contentEditable: false },
      h("input", { type: "checkbox", checked: element.checked, readOnly: true })), h("span", null, children));
    return h(TAGS[element.type], { ...attributes, style: element.align ? { textAlign: element.align } : undefined }, children);
  };
  const leaf = ({ attributes, children, leaf }) => {
    for (const [name, tag] of [["bold", "strong"], ["italic", "em"], ["underline", "u"], ["code", "code"]])
      if (leaf[name]) children = h(tag, null, children);
    return h("span", attributes, children);
  };
  const place = document.querySelector("#editor");
  let root;
  window.show = (value) => {
    root?.unmount(); root = createRoot(place); const editor = withReact(createEditor());
    editor.isInline = (one) => one.type === "link"; editor.isVoid = (one) => one.type === "image" || one.type === "rule";
    root.render(h(Slate, { editor, initialValue: value }, h(Editable, { renderElement: draw, renderLeaf: leaf })));
  };
  window.read = () => { const page = place.firstChild.cloneNode(true); for (const box of page.querySelectorAll("input"))
    box.toggleAttribute("checked", box.checked); return page.innerHTML; };`;

// --- Editor.js: blocks with data, written by editorjs-html

const one = (type, data) => ({ blocks: [{ type, data }] });
const EDITOR_JS = {
  "marks": one("paragraph", { text: "Say <b>bold</b>, <i>slanted</i>, <u class=\"cdx-underline\">under</u> and <code class=\"inline-code\">x = 1</code>." }),
  "link": one("paragraph", { text: `Read <a href="${GUIDE}">the guide</a> first.` }),
  "headings": { blocks: [{ type: "header", data: { text: "Plan", level: 1 } }, { type: "header", data: { text: "Steps", level: 2 } },
    { type: "paragraph", data: { text: "Go." } }] },
  "nested bullet list": one("list", { style: "unordered", items: [
    { content: "fruit", items: [{ content: "pear", items: [] }, { content: "plum", items: [] }] }, { content: "bread", items: [] }] }),
  "check list": one("list", { style: "checklist", items: [{ content: "ship", meta: { checked: false }, items: [] },
    { content: "build", meta: { checked: true }, items: [] }] }),
  "code block": one("code", { code: "def f():\n    return 1 < 2" }),
  "quotation": one("quote", { text: "It was said.", caption: "", alignment: "left" }),
  "table with a header": one("table", { withHeadings: true, content: [["Name", "Age"], ["Ada", "36"]] }),
  "image": one("image", { file: { url: IMAGE }, caption: "", withBorder: false, stretched: false, withBackground: false }),
  "image with a caption": one("image", { file: { url: IMAGE }, caption: "Where we are" }),
  "rule": { blocks: [{ type: "paragraph", data: { text: "above" } }, { type: "delimiter", data: {} }, { type: "paragraph", data: { text: "below" } }] },
  "break": one("paragraph", { text: "one line<br>another" }),
  "emoji": one("paragraph", { text: "well done 🎉" }),
  "embedded video": one("embed", { service: "youtube", source: "https://www.youtube.com/watch?v=aqz-KE-bpKQ",
    embed: "https://www.youtube.com/embed/aqz-KE-bpKQ", width: 580, height: 320, caption: "" }),
};

export const STRUCTURED = [
  draft("Draft.js", "draft-js", `import React from "react"; import { createRoot } from "react-dom/client";
    import { CompositeDecorator, ContentState, Editor, EditorState, convertFromRaw } from "draft-js";
    const h = React.createElement; const place = document.querySelector("#editor");
    const links = new CompositeDecorator([{ component: ({ children, contentState, entityKey }) =>
      h("a", { href: contentState.getEntity(entityKey).getData().url }, children), strategy: (block, found, content) => block.findEntityRanges(
      (one) => one.getEntity() && content.getEntity(one.getEntity()).getType() === "LINK", found) }]);
    const Picture = ({ contentState, block }) => h("img", contentState.getEntity(block.getEntityAt(0)).getData());
    let root;`,
    `root?.unmount(); root = createRoot(place); root.render(h(Editor, { onChange: () => {},
      blockRendererFn: (block) => block.getType() === "atomic" ? { component: Picture, editable: false } : null,
      editorState: EditorState.createWithContent(convertFromRaw(data), links) }));
    setTimeout(() => { window.html = place.querySelector("[data-contents]").outerHTML; }, 60);`),
  // It writes a `<pre>` for each line of code, which nobody can tell from blocks of one line.
  draft("draft-js-export-html", "draft-js-export-html", `import { convertFromRaw } from "draft-js"; import { stateToHTML } from "draft-js-export-html";`,
    "window.html = stateToHTML(convertFromRaw(data));"),
  draft("draftjs-to-html", "draftjs-to-html", `import draftToHtml from "draftjs-to-html";`, "window.html = draftToHtml(data);"),
  { name: "Slate", package: "slate-react", page: PAGE, bundle: SLATE_PAGE, only: true, inputs: inputsOf(SLATE) },
  {
    name: "Editor.js", package: "editorjs-html", only: true, inputs: inputsOf(EDITOR_JS),
    bundle: `import edjsHTML from "editorjs-html"; const parser = edjsHTML();
      window.show = (data) => { const html = parser.parse(data); window.html = Array.isArray(html) ? html.join("") : html; };
      window.read = () => window.html;`,
  },
  {
    name: "Remirror", package: "remirror",
    page: PAGE,
    bundle: `import { RemirrorManager, htmlToProsemirrorNode, prosemirrorNodeToHtml } from "remirror";
      import { BlockquoteExtension, BoldExtension, BulletListExtension, CodeBlockExtension, CodeExtension, DocExtension,
        HardBreakExtension, HeadingExtension, HorizontalRuleExtension, ImageExtension, ItalicExtension, LinkExtension, NodeFormattingExtension,
        OrderedListExtension, ParagraphExtension, StrikeExtension, SubExtension, SupExtension, TaskListExtension, TextColorExtension,
        TextExtension, TextHighlightExtension, UnderlineExtension } from "remirror/extensions";
      const manager = RemirrorManager.create([new DocExtension(), new ParagraphExtension(), new TextExtension(), new BlockquoteExtension(), new BoldExtension(), new BulletListExtension(),
        new CodeBlockExtension(), new CodeExtension(), new HardBreakExtension(), new HeadingExtension(), new HorizontalRuleExtension(),
        new ImageExtension({ enableResizing: false }), new ItalicExtension(), new LinkExtension(), new NodeFormattingExtension(),
        new OrderedListExtension(), new StrikeExtension(), new SubExtension(), new SupExtension(), new TaskListExtension(),
        new TextColorExtension(), new TextHighlightExtension(), new UnderlineExtension()]);
      let content;
      window.write = (html) => { content = htmlToProsemirrorNode({ content: html, schema: manager.schema }); };
      window.read = () => prosemirrorNodeToHtml(content);`,
    inputs: {
      "check list": `window.write('<ul data-task-list><li data-task-list-item><p>ship</p></li><li data-task-list-item data-checked><p>build</p></li></ul>')`,
      "indented": `window.write('<p data-node-indent="1">in</p>')`,
    },
  },
  {
    name: "Syncfusion", package: "@syncfusion/ej2-richtexteditor",
    bundle: `import { Audio, CodeBlock, EmojiPicker, HtmlEditor, Image, Link, PasteCleanup, QuickToolbar, RichTextEditor, Table,
        Toolbar, Video } from "@syncfusion/ej2-richtexteditor";
      RichTextEditor.Inject(...[Audio, CodeBlock, EmojiPicker, HtmlEditor, Image, Link, PasteCleanup, QuickToolbar, Table, Toolbar,
        Video].filter(Boolean));
      window.editor = new RichTextEditor({ value: "<p></p>" }); editor.appendTo("#editor");
      window.write = (html) => { editor.value = html; editor.dataBind(); }; window.read = () => editor.getHtml();`,
    inputs: {
      "check list": `window.write("<p>ship</p><p>build</p>"); editor.focusIn(); editor.selectAll(); editor.executeCommand("checklist");
        document.querySelectorAll(".e-rte-checklist li")[1].classList.add("e-rte-checklist-checked")`,
      "indented": `window.write("<p>in</p>"); editor.focusIn(); editor.selectAll(); editor.executeCommand("indent")`,
      "text colour": `window.write("<p>the gap</p>"); editor.focusIn(); editor.selectAll(); editor.executeCommand("fontColor", "#e60000")`,
      "text background": `window.write("<p>the gap</p>"); editor.focusIn(); editor.selectAll(); editor.executeCommand("backgroundColor", "#ffff00")`,
      "centred": `window.write("<p>middle</p>"); editor.focusIn(); editor.selectAll(); editor.executeCommand("justifyCenter")`,
      "image at the right": `window.write('<p><img src="${IMAGE}" class="e-rte-image e-imgright" alt="A map"></p>')`,
      "image with a caption": `window.write('<p><span class="e-img-caption e-rte-img-caption" contenteditable="false" draggable="false"><span class="e-img-wrap"><img src="${IMAGE}" class="e-rte-image e-imginline" alt="A map"><span class="e-img-inner" contenteditable="true">Where we are</span></span></span></p>')`,
    },
  },
];
