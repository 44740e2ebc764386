// Writes what real rich-text editors make of everyday constructs, one JSON object for each, with the editor's version.
//
// Run by hand, outside of the tests, in this folder:
//   npm install --no-save --legacy-peer-deps && node capture.mjs [EDITOR…] > ../captures.jsonl
// It drives the system's Chromium (CHROMIUM names another) and reads nothing from the network: addresses of pictures
// and films are refused. Nobody edits what comes out; `python -m tests.conformance.editors.record` writes the corpus.
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { buildSync } from "esbuild";
import { chromium } from "playwright-core";
import { CONSTRUCTS } from "./constructs.mjs";
import { EDITORS } from "./editors.mjs";
import { STRUCTURED } from "./structured.mjs";

const MODULES = process.env.MODULES ?? process.cwd();
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".json": "application/json" };

function versionOf(editor) {
  return JSON.parse(readFileSync(join(MODULES, "node_modules", editor.package, "package.json"), "utf8")).version;
}

function bundled(source) {
  const result = buildSync({ stdin: { contents: source, resolveDir: MODULES }, bundle: true, format: "iife", write: false,
    outdir: "/", loader: { ".woff": "empty", ".woff2": "empty", ".ttf": "empty", ".svg": "empty" }, logLevel: "error" });
  return result.outputFiles.find((file) => file.path.endsWith(".js")).text;
}

function pageOf(editor) {
  const scripts = (editor.scripts ?? []).map((path) => `<script src="/node_modules/${path}"></script>`).join("");
  return `<!doctype html><meta charset="utf-8"><body>${editor.page ?? '<div id="editor"></div>'}${scripts}`;
}

let current = "";
const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  if (path === "/") return response.setHeader("content-type", "text/html").end(current);
  const file = join(MODULES, path);
  if (!path.startsWith("/node_modules/") || !existsSync(file)) return response.writeHead(404).end();
  return response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream").end(readFileSync(file));
}).listen(0);
const origin = `http://localhost:${server.address().port}`;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const wanted = new Set(process.argv.slice(2));
for (const editor of [...EDITORS, ...STRUCTURED].filter(({ name }) => wanted.size === 0 || wanted.has(name))) {
  current = pageOf(editor);
  const page = await browser.newPage();
  await page.route((url) => url.origin !== origin, (route) => route.abort());
  try {
    await page.goto(`${origin}/`);
    if (editor.bundle) await page.addScriptTag({ content: bundled(editor.bundle) });
    if (editor.begin) await page.evaluate(`(async () => { ${editor.begin} })()`);
  } catch (error) {
    console.error(`${editor.name}: ${String(error).split("\n")[0]}`);
    await page.close();
    continue;
  }
  for (const [construct, plain] of Object.entries(CONSTRUCTS)) {
    const input = editor.inputs?.[construct] ?? (plain && !editor.only && `await window.write(${JSON.stringify(plain)})`);
    if (!input) continue;
    try {
      const html = await page.evaluate(`(async () => { await (async () => { ${input} })();
        await new Promise((later) => setTimeout(later, 120)); return window.read(); })()`);
      if (typeof html === "string" && html.trim()) {
        console.log(JSON.stringify({ editor: editor.name, version: versionOf(editor), construct, html }));
      }
    } catch (error) {
      console.error(`${editor.name}, ${construct}: ${String(error).split("\n")[0]}`);
    }
  }
  await page.close();
}
await browser.close();
server.close();
