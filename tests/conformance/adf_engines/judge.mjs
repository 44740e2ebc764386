// Reads one question per line, in JSON, and answers on one line each.
//   {"document": …} → {"schema": null | "why not", "validator": null | "why not", "prosemirror": null | "why not"}
//   {"html": "…"}   → {"text": "what a reader sees of it"}
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { parse } from "parse5";

const require = createRequire(import.meta.url);
const Ajv = require("ajv-draft-04");
const { defaultSchema } = require("@atlaskit/adf-schema/schema-default");
const { validator } = require("@atlaskit/adf-utils/validator");
const jsonSchema = require("@atlaskit/adf-schema/dist/json-schema/v1/full.json");

const matchesSchema = new Ajv({ strict: false }).compile(jsonSchema);
const validate = validator();

const ENGINES = {
  schema(document) {
    if (matchesSchema(document)) return null;
    const [error] = matchesSchema.errors;
    return `${error.instancePath} ${error.message}`;
  },
  // Without an error callback it throws at the first thing it would otherwise wrap as unsupported.
  validator(document) {
    return validate(document).valid ? null : "not valid";
  },
  prosemirror(document) {
    const node = defaultSchema.nodeFromJSON(document);
    if (node.type !== defaultSchema.topNodeType) return `a ${node.type.name} is not a document`;
    node.check();
    return null;
  },
};

function ask(engine, document) {
  try {
    return engine(document);
  } catch (error) {
    return `threw ${error?.message ?? error}`;
  }
}

const UNSEEN = new Set(["head", "script", "style", "template", "iframe", "noembed", "noframes"]);

function isSeen(node) {
  const style = node.attrs?.find((attribute) => attribute.name === "style")?.value ?? "";
  return !UNSEEN.has(node.nodeName) && !/mso-list:\s*ignore/i.test(style);
}

// Of a list to choose from, browsers show what is chosen; without a choice, the first.
function chosen(select) {
  const options = [];
  const waiting = [select];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (node.nodeName === "option") options.push(node);
    else waiting.push(...[...(node.childNodes ?? [])].reverse());
  }
  const ticked = options.filter((option) => option.attrs.some(({ name }) => name === "selected"));
  return ticked.length > 0 ? ticked : options.slice(0, 1);
}

function shown(node) {
  return node.nodeName === "select" ? chosen(node) : (node.childNodes ?? []);
}

function visibleText(html) {
  const pieces = [];
  const waiting = [parse(html)];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (node.nodeName === "#text") pieces.push(node.value);
    else if (isSeen(node)) for (const child of [...shown(node)].reverse()) waiting.push(child);
  }
  return pieces.join("");
}

function answer({ document, html }) {
  if (html !== undefined) return { text: visibleText(html) };
  return Object.fromEntries(Object.entries(ENGINES).map(([name, engine]) => [name, ask(engine, document)]));
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
