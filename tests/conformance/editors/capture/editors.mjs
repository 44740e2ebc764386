// The editors: what they are made of, how they begin, and what only they can write.
//
// `begin` runs in the page and leaves `window.write(html)` and `window.read()`; `inputs` replace constructs, and run in
// the page, too; with `only`, an editor is asked for nothing else. `bundle` is a module that esbuild puts together.
const IMAGE = "https://files.example.org/map.png";
const words = (html) => `window.write(${JSON.stringify(html)})`;

const tinymce = (name, api) => ({
  name,
  package: api,
  scripts: [`${api}/${api}.min.js`],
  begin: `await new Promise((done) => ${api}.init({ selector: "#editor", license_key: "gpl", promotion: false,
    plugins: "lists advlist table image media link codesample accordion emoticons pagebreak", image_caption: true,
    base_url: "/node_modules/${api}", setup: (editor) => editor.on("init", () => {
      window.editor = editor; window.write = (html) => editor.setContent(html); window.read = () => editor.getContent();
      done(); }) }))`,
  inputs: {
    "indented": `window.write("<p>in</p>"); editor.selection.select(editor.getBody(), true); editor.execCommand("Indent")`,
    "embedded video": words('<p><video controls width="300"><source src="https://files.example.org/a.mp4" type="video/mp4"></video></p>'),
    "code block": words('<pre class="language-python"><code>def f():\n    return 1 &lt; 2</code></pre>'),
  },
});

const quill = (name, folder, extra) => ({
  name,
  package: folder,
  scripts: ["katex/dist/katex.min.js", `${folder}/dist/quill.js`],
  begin: `window.quill = new Quill("#editor", { theme: null, modules: {} });
    window.write = (html) => { quill.setContents([]); quill.clipboard.dangerouslyPasteHTML(html); };
    window.read = () => quill.root.innerHTML`,
  inputs: {
    "check list": `quill.setContents([{ insert: "ship" }, { insert: "\\n", attributes: { list: "unchecked" } },
      { insert: "build" }, { insert: "\\n", attributes: { list: "checked" } }])`,
    "nested check list": `quill.setContents([{ insert: "ship" }, { insert: "\\n", attributes: { list: "unchecked" } },
      { insert: "build" }, { insert: "\\n", attributes: { list: "checked", indent: 1 } }])`,
    "numbers in bullets": `quill.setContents([{ insert: "fruit" }, { insert: "\\n", attributes: { list: "bullet" } },
      { insert: "wash" }, { insert: "\\n", attributes: { list: "ordered", indent: 1 } },
      { insert: "peel" }, { insert: "\\n", attributes: { list: "ordered", indent: 1 } }])`,
    "code block": `quill.setContents([{ insert: "def f():" }, { insert: "\\n", attributes: { "code-block": true } },
      { insert: "    return 1 < 2" }, { insert: "\\n", attributes: { "code-block": true } }])`,
    "indented": `quill.setContents([{ insert: "in" }, { insert: "\\n", attributes: { indent: 1 } }])`,
    "formula": `quill.setContents([{ insert: "let " }, { insert: { formula: "c^2" } }, { insert: " be\\n" }])`,
    "embedded video": `quill.setContents([{ insert: { video: "https://video.example.org/embed/1" } }, { insert: "\\n" }])`,
    ...extra,
  },
});

const native = (name, module, begin) => ({
  name,
  package: module.package,
  scripts: module.scripts,
  begin,
  inputs: { "indented": `window.write("<p>in</p>"); const range = document.createRange();
    range.selectNodeContents(document.querySelector("[contenteditable=true] p")); getSelection().removeAllRanges();
    getSelection().addRange(range); document.execCommand("indent")` },
});

// For editors whose own form is Markdown: they are given that.
const MARKDOWN = {
  "marks": 'window.markdown("Say **bold**, *slanted*, ~~gone~~ and `x = 1`.")',
  "link": 'window.markdown("Read [the guide](https://docs.example.org/guide) first.")',
  "headings": 'window.markdown("# Plan\\n\\n## Steps\\n\\nGo.")',
  "nested bullet list": 'window.markdown("* fruit\\n  * pear\\n  * plum\\n* bread")',
  "numbers in bullets": 'window.markdown("* fruit\\n  1. wash\\n  2. peel")',
  "numbers from 3": 'window.markdown("3. third\\n4. fourth")',
  "check list": 'window.markdown("* [ ] ship\\n* [x] build")',
  "nested check list": 'window.markdown("* [ ] ship\\n  * [x] build")',
  "code block": 'window.markdown("```python\\ndef f():\\n    return 1 < 2\\n```")',
  "quotation": 'window.markdown("> It was said.")',
  "table with a header": 'window.markdown("| Name | Age |\\n| --- | --- |\\n| Ada | 36 |")',
  "image": 'window.markdown("![A map](https://files.example.org/map.png)")',
  "rule": 'window.markdown("above\\n\\n---\\n\\nbelow")',
  "emoji": 'window.markdown("well done 🎉")',
  "formula": 'window.markdown("let $c^2$ be")',
};

export const EDITORS = [
  tinymce("TinyMCE", "tinymce"),
  tinymce("HugeRTE", "hugerte"),
  {
    name: "CKEditor 5",
    package: "ckeditor5",
    scripts: ["ckeditor5/dist/browser/ckeditor5.umd.js"],
    begin: `await (async () => { const c = CKEDITOR; window.editor = await c.ClassicEditor.create(document.querySelector("#editor"), {
      licenseKey: "GPL", plugins: [c.Essentials, c.Paragraph, c.Heading, c.Bold, c.Italic, c.Underline, c.Strikethrough,
        c.Code, c.Subscript, c.Superscript, c.Link, c.List, c.ListProperties, c.TodoList, c.CodeBlock, c.BlockQuote,
        c.Table, c.TableProperties, c.TableCellProperties, c.Image, c.ImageBlock, c.ImageInline, c.ImageCaption,
        c.ImageStyle, c.ImageResize, c.LinkImage, c.FontColor, c.FontBackgroundColor, c.Highlight, c.Alignment,
        c.Indent, c.IndentBlock, c.HorizontalLine, c.MediaEmbed, c.PageBreak],
      list: { properties: { startIndex: true } } });
      window.write = (html) => editor.setData(html); window.read = () => editor.getData(); })()`,
    inputs: {
      "check list": words('<ul class="todo-list"><li><label><input type="checkbox">ship</label></li><li><label><input type="checkbox" checked>build</label></li></ul>'),
      "nested check list": words('<ul class="todo-list"><li><label><input type="checkbox">ship</label><ul class="todo-list"><li><label><input type="checkbox" checked>build</label></li></ul></li></ul>'),
      "image at the right": words('<figure class="image image-style-block-align-right"><img src="https://files.example.org/map.png" alt="A map"></figure>'),
      "indented": `window.write("<p>in</p>"); editor.execute("indentBlock")`,
      "embedded video": `window.write(""); editor.execute("mediaEmbed", "https://www.youtube.com/watch?v=aqz-KE-bpKQ")`,
    },
  },
  {
    name: "CKEditor 4",
    package: "ckeditor4",
    scripts: ["ckeditor4/ckeditor.js"],
    begin: `await new Promise((done) => { CKEDITOR.config.versionCheck = false;
      window.editor = CKEDITOR.replace("editor", { allowedContent: true });
      editor.on("instanceReady", () => { window.read = () => editor.getData();
        window.write = (html) => new Promise((set) => editor.setData(html, set)); done(); }); })`,
    inputs: {},
  },
  quill("Quill", "quill", {}),
  quill("Quill 1", "quill1", {
    "check list": `quill.setContents([{ insert: "ship" }, { insert: "\\n", attributes: { list: "unchecked" } },
      { insert: "build" }, { insert: "\\n", attributes: { list: "checked" } }])`,
  }),
  {
    name: "TipTap",
    package: "@tiptap/core",
    bundle: `import { Editor } from "@tiptap/core"; import StarterKit from "@tiptap/starter-kit";
      import { TableKit } from "@tiptap/extension-table"; import { TaskList, TaskItem } from "@tiptap/extension-list";
      import Image from "@tiptap/extension-image"; import Highlight from "@tiptap/extension-highlight";
      import { TextStyleKit } from "@tiptap/extension-text-style"; import TextAlign from "@tiptap/extension-text-align";
      import { Mathematics } from "@tiptap/extension-mathematics";
      import { Details, DetailsContent, DetailsSummary } from "@tiptap/extension-details";
      window.editor = new Editor({ element: document.querySelector("#editor"), extensions: [StarterKit, TableKit, TaskList,
        TaskItem.configure({ nested: true }), Image.configure({ inline: false }), Highlight.configure({ multicolor: true }),
        TextStyleKit, TextAlign.configure({ types: ["heading", "paragraph"] }), Mathematics, Details, DetailsContent,
        DetailsSummary] });
      window.write = (html) => editor.commands.setContent(html); window.read = () => editor.getHTML();`,
    inputs: {
      "check list": words('<ul data-type="taskList"><li data-type="taskItem" data-checked="false"><p>ship</p></li><li data-type="taskItem" data-checked="true"><p>build</p></li></ul>'),
      "nested check list": words('<ul data-type="taskList"><li data-type="taskItem" data-checked="false"><p>ship</p><ul data-type="taskList"><li data-type="taskItem" data-checked="true"><p>build</p></li></ul></li></ul>'),
      "formula": `window.write("<p>let </p>"); editor.commands.insertInlineMath({ pos: 5, latex: "c^2" })`,
      "details": `window.write('<details><summary>More</summary><div data-type="detailsContent"><p>Hidden</p></div></details>')`,
    },
  },
  {
    name: "Lexical",
    package: "lexical",
    bundle: `import { createEditor, $getRoot, $insertNodes } from "lexical"; import { HeadingNode, QuoteNode } from "@lexical/rich-text";
      import { ListNode, ListItemNode, $createListNode, $createListItemNode } from "@lexical/list";
      import { CodeNode, CodeHighlightNode } from "@lexical/code"; import { LinkNode } from "@lexical/link";
      import { TableNode, TableRowNode, TableCellNode } from "@lexical/table";
      import { $generateHtmlFromNodes, $generateNodesFromDOM } from "@lexical/html"; import { $createTextNode } from "lexical";
      const editor = window.editor = createEditor({ nodes: [HeadingNode, QuoteNode, ListNode, ListItemNode, CodeNode,
        CodeHighlightNode, LinkNode, TableNode, TableRowNode, TableCellNode], onError: (error) => { throw error; } });
      editor.setRootElement(document.querySelector("#editor"));
      window.write = (html) => editor.update(() => { const dom = new DOMParser().parseFromString(html, "text/html");
        $getRoot().clear().select(); $insertNodes($generateNodesFromDOM(editor, dom)); }, { discrete: true });
      window.checks = (nested) => editor.update(() => { const list = $createListNode("check");
        const item = (text, done) => { const one = $createListItemNode(done); one.append($createTextNode(text)); return one; };
        const first = item("ship", false); list.append(first);
        if (nested) { const inner = $createListNode("check"); inner.append(item("build", true));
          const holder = $createListItemNode(); holder.append(inner); list.append(holder); } else list.append(item("build", true));
        $getRoot().clear().append(list); }, { discrete: true });
      window.indent = () => editor.update(() => $getRoot().getFirstChild().setIndent(1), { discrete: true });
      window.read = () => { let html; editor.read(() => { html = $generateHtmlFromNodes(editor); }); return html; };`,
    inputs: {
      "check list": "window.checks(false)",
      "nested check list": "window.checks(true)",
      "indented": `window.write("<p>in</p>"); window.indent()`,
      "code block": words('<pre data-language="python">def f():\n    return 1 &lt; 2</pre>'),
    },
  },
  {
    name: "BlockNote",
    package: "@blocknote/core",
    bundle: `import { BlockNoteEditor } from "@blocknote/core"; const editor = window.editor = BlockNoteEditor.create();
      window.write = async (html) => editor.replaceBlocks(editor.document, await editor.tryParseHTMLToBlocks(html));
      window.blocks = (blocks) => editor.replaceBlocks(editor.document, blocks);
      window.read = () => editor.blocksToFullHTML(editor.document);`,
    inputs: {
      "check list": `blocks([{ type: "checkListItem", content: "ship" }, { type: "checkListItem", props: { checked: true }, content: "build" }])`,
      "nested check list": `blocks([{ type: "checkListItem", content: "ship", children: [{ type: "checkListItem",
        props: { checked: true }, content: "build" }] }])`,
      "numbers in bullets": `blocks([{ type: "bulletListItem", content: "fruit", children: [
        { type: "numberedListItem", content: "wash" }, { type: "numberedListItem", content: "peel" }] }])`,
      "image with a caption": `blocks([{ type: "image", props: { url: "https://files.example.org/map.png", name: "map.png",
        caption: "Where we are", previewWidth: 200, textAlignment: "right" } }])`,
      "embedded video": `blocks([{ type: "video", props: { url: "https://files.example.org/a.mp4", name: "a.mp4" } }])`,
      "details": `blocks([{ type: "toggleListItem", content: "More", children: [{ type: "paragraph", content: "Hidden" }] }])`,
    },
  },
  {
    name: "Trix",
    package: "trix",
    scripts: ["trix/dist/trix.umd.min.js"],
    page: '<input id="x" type="hidden"><trix-editor id="editor" input="x"></trix-editor>',
    begin: `window.write = (html) => document.querySelector("trix-editor").editor.loadHTML(html);
      window.read = () => document.querySelector("#x").value`,
    inputs: {},
  },
  {
    name: "Toast UI Editor",
    package: "@toast-ui/editor",
    bundle: `import Editor from "@toast-ui/editor"; window.editor = new Editor({ el: document.querySelector("#editor"), initialEditType: "wysiwyg",
      usageStatistics: false }); window.write = (html) => editor.setHTML(html); window.read = () => editor.getHTML();`,
    inputs: {
      "check list": `editor.setMarkdown("* [ ] ship\\n* [x] build")`,
      "nested check list": `editor.setMarkdown("* [ ] ship\\n    * [x] build")`,
      "code block": 'editor.setMarkdown("```python\\ndef f():\\n    return 1 < 2\\n```")',
    },
  },
  {
    name: "Summernote",
    package: "summernote",
    scripts: ["jquery/dist/jquery.min.js", "summernote/dist/summernote-lite.js"],
    begin: `$("#editor").summernote(); window.write = (html) => $("#editor").summernote("code", html);
      window.read = () => $("#editor").summernote("code")`,
    inputs: { "indented": `window.write("<p>in</p>"); $("#editor").summernote("focus"); $("#editor").summernote("indent")` },
  },
  {
    name: "Jodit",
    package: "jodit",
    scripts: ["jodit/es2021/jodit.fat.min.js"],
    begin: `window.editor = Jodit.make("#editor"); window.write = (html) => { editor.value = html; };
      window.read = () => editor.value`,
    inputs: { "indented": `window.write("<p>in</p>"); editor.execCommand("selectall"); editor.execCommand("indent")` },
  },
  {
    name: "SunEditor",
    package: "suneditor",
    scripts: ["katex/dist/katex.min.js", "suneditor/dist/suneditor.min.js"],
    begin: `window.editor = SUNEDITOR.create(document.querySelector("#editor"), { plugins: SUNEDITOR.plugins ?? {} });
      const holder = editor.$ ?? editor; window.write = (html) => holder.html.set(html); window.read = () => holder.html.get()`,
    inputs: {},
  },
  {
    name: "SCEditor",
    package: "sceditor",
    scripts: ["sceditor/minified/sceditor.min.js", "sceditor/minified/formats/xhtml.js"],
    page: '<textarea id="editor"></textarea>',
    begin: `sceditor.create(document.querySelector("#editor"), { format: "xhtml",
      style: "/node_modules/sceditor/minified/themes/content/default.min.css" });
      window.editor = sceditor.instance(document.querySelector("#editor"));
      window.write = (html) => editor.val(html); window.read = () => editor.val()`,
    inputs: {},
  },
  {
    name: "Froala",
    package: "froala-editor",
    scripts: ["froala-editor/js/froala_editor.pkgd.min.js"],
    begin: `await new Promise((done) => { window.editor = new FroalaEditor("#editor", { attribution: false,
      events: { initialized: () => setTimeout(done, 200) } }); window.write = (html) => editor.html.set(html);
      window.read = () => editor.html.get().replace(/<p[^>]*data-f-id="pbf".*$/s, ""); })`,
    inputs: {
      "indented": `window.write("<p>in</p>"); editor.events.focus(); editor.selection.setAtEnd(editor.el); editor.selection.restore();
        editor.commands.exec("indent")`,
      "image with a caption": words('<p><span class="fr-img-caption fr-fic fr-dib" style="width: 300px;"><span class="fr-img-wrap"><img src="https://files.example.org/map.png" alt="A map"><span class="fr-inner">Where we are</span></span></span></p>'),
    },
  },
  {
    name: "wangEditor",
    package: "@wangeditor/editor",
    scripts: ["@wangeditor/editor/dist/index.js"],
    begin: `window.begin = () => { window.editor = wangEditor.createEditor({ selector: "#editor" }); }; begin();
      window.write = (html) => { editor.destroy(); document.querySelector("#editor").innerHTML = ""; begin(); editor.setHtml(html); };
      window.read = () => editor.getHtml()`,
    inputs: {
      "check list": words('<div data-w-e-type="todo"><input type="checkbox" disabled>ship</div><div data-w-e-type="todo"><input type="checkbox" disabled checked>build</div>'),
      "embedded video": words('<div data-w-e-type="video" data-w-e-is-void><video controls="true"><source src="https://files.example.org/a.mp4" type="video/mp4"/></video></div>'),
      "indented": words('<p style="text-indent: 2em">in</p>'),
    },
  },
  {
    name: "AiEditor",
    package: "aieditor",
    scripts: ["aieditor/dist/index.umd.js"],
    begin: `window.editor = new AiEditor.AiEditor({ element: "#editor", content: "" });
      window.write = (html) => editor.setContent(html); window.read = () => editor.getHtml()`,
    inputs: {
      "check list": words('<ul data-type="taskList"><li data-type="taskItem" data-checked="false"><p>ship</p></li><li data-type="taskItem" data-checked="true"><p>build</p></li></ul>'),
    },
  },
  {
    name: "Milkdown",
    package: "@milkdown/crepe",
    bundle: `import { Crepe } from "@milkdown/crepe"; import { getHTML, replaceAll } from "@milkdown/kit/utils";
      const crepe = new Crepe({ root: "#editor" }); window.ready = crepe.create();
      window.markdown = (text) => crepe.editor.action(replaceAll(text)); window.read = () => crepe.editor.action(getHTML());`,
    only: true,
    begin: "await window.ready",
    inputs: MARKDOWN,
  },
  native("pell", { package: "pell", scripts: ["pell/dist/pell.min.js"] }, `pell.init({ element: document.querySelector("#editor"),
    onChange: () => {}, defaultParagraphSeparator: "p" }); const area = document.querySelector(".pell-content");
    window.write = (html) => { area.innerHTML = html; }; window.read = () => area.innerHTML`),
  native("medium-editor", { package: "medium-editor", scripts: ["medium-editor/dist/js/medium-editor.js"] },
    `window.editor = new MediumEditor("#editor"); window.write = (html) => editor.setContent(html);
     window.read = () => editor.getContent()`),
  {
    name: "Squire",
    package: "squire-rte",
    scripts: ["squire-rte/dist/squire.js"],
    begin: `window.editor = new (Squire.default ?? Squire)(document.querySelector("#editor"), {
      sanitizeToDOMFragment: (html) => { const holder = document.createElement("template"); holder.innerHTML = html; return holder.content; } });
      window.write = (html) => editor.setHTML(html); window.read = () => editor.getHTML()`,
    inputs: {
      "text colour": `window.write("<div>mind the gap</div>"); editor.setSelection(Object.assign(document.createRange(), {}));
        const r = document.createRange(); r.selectNodeContents(document.querySelector("#editor div")); editor.setSelection(r); editor.setTextColor("#e60000")`,
    },
  },
  {
    name: "Trumbowyg",
    package: "trumbowyg",
    scripts: ["jquery/dist/jquery.min.js", "trumbowyg/dist/trumbowyg.min.js", "trumbowyg/dist/plugins/table/trumbowyg.table.min.js",
      "trumbowyg/dist/plugins/colors/trumbowyg.colors.min.js"],
    begin: `$.trumbowyg.svgPath = false; $("#editor").trumbowyg(); window.write = (html) => $("#editor").trumbowyg("html", html);
      window.select = () => { const range = document.createRange(); range.selectNodeContents(document.querySelector(".trumbowyg-editor"));
        getSelection().removeAllRanges(); getSelection().addRange(range); };
      window.run = (html, ...command) => { write(html); select(); $("#editor").trumbowyg("execCmd",
        { cmd: command[0], param: command[1] ?? null, forceCss: command[2] ?? false }); };
      window.read = () => $("#editor").trumbowyg("html")`,
    inputs: {
      "text colour": `run("<p>the gap</p>", "foreColor", "#e60000", true)`,
      "text background": `run("<p>the gap</p>", "backColor", "#ffff00", true)`,
      "centred": `run("<p>middle</p>", "justifyCenter")`,
      "at the right": `run("<p>far</p>", "justifyRight")`,
      "indented": `run("<p>in</p>", "indent")`,
      "quotation": `run("<p>It was said.</p>", "formatBlock", "blockquote")`,
    },
  },
  {
    name: "ProseMirror",
    package: "prosemirror-view",
    bundle: `import { Schema, DOMParser as Parser, DOMSerializer } from "prosemirror-model"; import { EditorState } from "prosemirror-state";
      import { EditorView } from "prosemirror-view"; import { schema as basic } from "prosemirror-schema-basic";
      import { addListNodes } from "prosemirror-schema-list"; import { exampleSetup } from "prosemirror-example-setup";
      import { tableNodes } from "prosemirror-tables";
      const schema = new Schema({ nodes: addListNodes(basic.spec.nodes, "paragraph block*", "block").append(tableNodes({
        tableGroup: "block", cellContent: "block+", cellAttributes: { background: { default: null,
          getFromDOM: (dom) => dom.style.backgroundColor || null,
          setDOMAttr: (value, attrs) => { if (value) attrs.style = (attrs.style || "") + "background-color: " + value + ";"; } } } })),
        marks: basic.spec.marks });
      const plugins = exampleSetup({ schema, menuBar: false }); const place = document.querySelector("#editor");
      window.view = new EditorView(place, { state: EditorState.create({ schema, plugins }) });
      window.write = (html) => { const dom = document.createElement("div"); dom.innerHTML = html;
        view.updateState(EditorState.create({ doc: Parser.fromSchema(schema).parse(dom), plugins })); };
      window.read = () => { const dom = document.createElement("div");
        dom.append(DOMSerializer.fromSchema(schema).serializeFragment(view.state.doc.content)); return dom.innerHTML; };`,
    inputs: {},
  },
  {
    name: "Quasar",
    package: "quasar",
    scripts: ["vue/dist/vue.global.prod.js", "quasar/dist/quasar.umd.prod.js"],
    begin: `const app = Vue.createApp({ data: () => ({ text: "" }), mounted() { window.host = this; },
        template: '<q-editor ref="editor" v-model="text"></q-editor>' }); app.use(Quasar); app.mount("#editor");
      window.area = () => document.querySelector(".q-editor__content");
      window.write = async (html) => { host.text = html; await Vue.nextTick(); };
      window.run = async (html, command, param) => { await write(html); const range = document.createRange();
        area().focus(); range.selectNodeContents(area()); getSelection().removeAllRanges(); getSelection().addRange(range);
        host.$refs.editor.runCmd(command, param); await Vue.nextTick(); };
      window.read = () => host.text`,
    inputs: {
      "centred": `await run("middle", "justifyCenter")`,
      "at the right": `await run("far", "justifyRight")`,
      "indented": `await run("in", "indent")`,
      "quotation": `await run("It was said.", "formatBlock", "BLOCKQUOTE")`,
      "nested bullet list": `await write("<ul><li>fruit</li><li>pear</li><li>plum</li><li>bread</li></ul>"); area().focus();
        const items = area().querySelectorAll("li"); const range = document.createRange(); range.setStart(items[1], 0);
        range.setEnd(items[2], items[2].childNodes.length); getSelection().removeAllRanges(); getSelection().addRange(range);
        document.execCommand("indent"); await Vue.nextTick()`,
    },
  },
  {
    name: "DevExtreme",
    package: "devextreme",
    bundle: `import HtmlEditor from "devextreme/ui/html_editor";
      window.editor = new HtmlEditor(document.querySelector("#editor"), { valueType: "html", tableResizing: { enabled: true } });
      window.write = (html) => editor.option("value", html); window.read = () => editor.option("value");
      window.run = (html, name, value) => { write(html); editor.setSelection(0, editor.getLength()); editor.format(name, value); };`,
    inputs: {
      "indented": `run("<p>in</p>", "indent", 1)`,
      "centred": `run("<p>middle</p>", "align", "center")`,
      "at the right": `run("<p>far</p>", "align", "right")`,
    },
  },
  {
    name: "Vditor",
    package: "vditor",
    scripts: ["vditor/dist/index.min.js"],
    begin: `await new Promise((done) => { window.editor = new Vditor("editor", { mode: "wysiwyg", cdn: "/node_modules/vditor",
      cache: { enable: false }, after: done }); }); window.markdown = (text) => editor.setValue(text);
      window.read = () => editor.getHTML()`,
    only: true,
    inputs: MARKDOWN,
  },
  {
    name: "Plate", package: "platejs",
    page: "<script>window.global = window; window.process = { env: {} }</script><div id=editor></div>",
    bundle: `import { createSlateEditor, createSlatePlugin, NodeApi } from "platejs"; import { createStaticEditor, serializeHtml } from "platejs/static";
      import * as basic from "@platejs/basic-nodes"; import * as styles from "@platejs/basic-styles"; import * as list from "@platejs/list";
      import * as table from "@platejs/table"; import * as code from "@platejs/code-block"; import * as callout from "@platejs/callout";
      import * as toggle from "@platejs/toggle"; import * as link from "@platejs/link"; import * as media from "@platejs/media";
      import * as math from "@platejs/math"; import * as indent from "@platejs/indent";
      const all = { ...basic, ...styles, ...list, ...table, ...code, ...callout, ...toggle, ...link, ...media, ...math, ...indent };
      const plugins = Object.entries(all).filter(([name]) => /^Base.*Plugin$/.test(name)).map(([, plugin]) => plugin);
      window.names = Object.keys(all).filter((name) => /^Base.*Plugin$/.test(name));
      let value = [];
      window.write = (html) => { const editor = createSlateEditor({ plugins }); const dom = document.createElement("div"); dom.innerHTML = html;
        value = editor.api.html.deserialize({ element: dom }); };
      window.show = (given) => { value = given; };
      window.read = async () => serializeHtml(createStaticEditor({ plugins, value: structuredClone(value) }));`,
    inputs: {
      "check list": `show([{ type: "p", indent: 1, listStyleType: "todo", checked: false, children: [{ text: "ship" }] }, { type: "p", indent: 1, listStyleType: "todo", checked: true, children: [{ text: "build" }] }])`,
      "nested check list": `show([{ type: "p", indent: 1, listStyleType: "todo", checked: false, children: [{ text: "ship" }] }, { type: "p", indent: 2, listStyleType: "todo", checked: true, children: [{ text: "build" }] }])`,
      "nested bullet list": `show([["fruit", 1], ["pear", 2], ["plum", 2], ["bread", 1]].map(([text, indent]) => ({ type: "p", indent, listStyleType: "disc", children: [{ text }] })))`,
      "numbers in bullets": `show([["fruit", 1, "disc"], ["wash", 2, "decimal"], ["peel", 2, "decimal"]].map(([text, indent, listStyleType], at) => ({ type: "p", indent, listStyleType, ...(at === 2 ? { listStart: 2 } : {}), children: [{ text }] })))`,
      "numbers from 3": `show([{ type: "p", indent: 1, listStyleType: "decimal", listStart: 3, children: [{ text: "third" }] }, { type: "p", indent: 1, listStyleType: "decimal", listStart: 4, children: [{ text: "fourth" }] }])`,
      "code block": `show([{ type: "code_block", lang: "python", children: [{ type: "code_line", children: [{ text: "def f():" }] }, { type: "code_line", children: [{ text: "    return 1 < 2" }] }] }])`,
      "quotation": `show([{ type: "blockquote", children: [{ text: "It was said." }] }])`,
      "indented": `show([{ type: "p", indent: 1, children: [{ text: "in" }] }])`,
      "centred": `show([{ type: "p", align: "center", textAlign: "center", children: [{ text: "middle" }] }])`,
      "formula": `show([{ type: "p", children: [{ text: "let " }, { type: "inline_equation", texExpression: "c^2", children: [{ text: "" }] }, { text: " be" }] }])`,
      "image": `show([{ type: "img", url: "${IMAGE}", alt: "A map", children: [{ text: "" }] }])`,
      "image with a width": `show([{ type: "img", url: "${IMAGE}", alt: "A map", width: 200, children: [{ text: "" }] }])`,
      "image with a caption": `show([{ type: "img", url: "${IMAGE}", caption: [{ text: "Where we are" }], children: [{ text: "" }] }])`,
      "embedded video": `show([{ type: "video", url: "https://files.example.org/a.mp4", children: [{ text: "" }] }])`,
    },
  },
  {
    name: "RoosterJS", package: "roosterjs",
    scripts: ["roosterjs/dist/rooster.js"],
    begin: `const r = roosterjs; window.write = (html) => { window.rooster?.dispose(); document.querySelector("#editor").innerHTML = "";
        window.rooster = r.createEditor(document.querySelector("#editor"), [], r.createModelFromHtml(html)); };
      window.all = () => { const range = document.createRange(); range.selectNodeContents(document.querySelector("#editor")); rooster.focus();
        rooster.setDOMSelection({ type: "range", range, isReverted: false }); };
      window.read = () => r.exportContent(rooster)`,
    inputs: {
      "indented": `write("<p>in</p>"); all(); roosterjs.setIndentation(rooster, "indent")`,
      "quotation": `write("<p>It was said.</p>"); all(); roosterjs.toggleBlockQuote(rooster)`,
      "text colour": `write("<p>the gap</p>"); all(); roosterjs.setTextColor(rooster, "#e60000")`,
      "text background": `write("<p>the gap</p>"); all(); roosterjs.setBackgroundColor(rooster, "#ffff00")`,
      "centred": `write("<p>middle</p>"); all(); roosterjs.setAlignment(rooster, "center")`,
      "at the right": `write("<p>far</p>"); all(); roosterjs.setAlignment(rooster, "right")`,
    },
  },
  {
    name: "TinyEditor", package: "@opentiny/fluent-editor",
    bundle: `import FluentEditor from "@opentiny/fluent-editor"; window.quill = new FluentEditor("#editor", { theme: "snow", modules: {} });
      window.write = (html) => { quill.setContents([]); quill.clipboard.dangerouslyPasteHTML(html); }; window.read = () => quill.root.innerHTML;`,
    inputs: {},
  },
  {
    name: "WordPress", package: "@wordpress/block-library",
    page: "<script>window.process = { env: {} }</script><div id=editor></div>",
    bundle: `import { registerCoreBlocks } from "@wordpress/block-library"; import { createBlock, rawHandler, serialize } from "@wordpress/blocks";
      registerCoreBlocks(); let blocks = []; window.write = (html) => { blocks = rawHandler({ HTML: html }); };
      const made = ([name, attributes, inner = []]) => createBlock(name, attributes, inner.map(made));
      window.make = (...given) => { blocks = given.map(made); }; window.read = () => serialize(blocks);`,
    inputs: {
      "code block": `make(["core/code", { content: "def f():\\n    return 1 &lt; 2" }])`,
      "quotation": `make(["core/quote", { citation: "Ada" }, [["core/paragraph", { content: "It was said." }]]])`,
      "text colour": `make(["core/paragraph", { content: 'mind <mark style="background-color:rgba(0, 0, 0, 0);color:#e60000" class="has-inline-color">the gap</mark> here' }])`,
      "text background": `make(["core/paragraph", { content: 'mind <mark style="background-color:#ffff00" class="has-inline-color">the gap</mark> here' }])`,
      "white on black": `make(["core/paragraph", { content: "the gap", textColor: "white", backgroundColor: "black" }])`,
      "centred": `make(["core/paragraph", { content: "middle", align: "center", style: { typography: { textAlign: "center" } } }])`,
      "at the right": `make(["core/paragraph", { content: "far", align: "right", style: { typography: { textAlign: "right" } } }])`,
      "image with a width": `make(["core/image", { url: "${IMAGE}", alt: "A map", width: "200px" }])`,
      "image at the right": `make(["core/image", { url: "${IMAGE}", alt: "A map", align: "right" }])`,
      "image with a caption": `make(["core/image", { url: "${IMAGE}", alt: "A map", caption: "Where we are" }])`,
      "linked image": `make(["core/image", { url: "${IMAGE}", alt: "A map", href: "${GUIDE}", linkDestination: "custom" }])`,
      "table with a header": `make(["core/table", { head: [{ cells: [{ content: "Name", tag: "th" }, { content: "Age", tag: "th" }] }], body: [{ cells: [{ content: "Ada", tag: "td" }, { content: "36", tag: "td" }] }], caption: "People" }])`,
      "embedded video": `make(["core/embed", { url: "https://www.youtube.com/watch?v=aqz-KE-bpKQ", type: "video", providerNameSlug: "youtube" }])`,
      "details": `make(["core/details", { summary: "More" }, [["core/paragraph", { content: "Hidden" }]]])`,
    },
  },
];
