// Reads {"html": [body], "markdown": [body], "samples": {"html": [...], "markdown": [...]}, "rounds": n} and answers
// {peer: {"takes": which, "seconds": best of the rounds over all bodies, "made": [ADF of a sample, or null]} | {"error": why}}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const asked = JSON.parse(readFileSync(0, "utf8"));

const PEERS = {
  async "npm htmltoadf (Rust, wasm)"() {
    const { convert, initSync } = await import("htmltoadf");
    const wasm = new URL("./node_modules/htmltoadf/htmltoadf_bg.wasm", import.meta.url);
    initSync({ module: readFileSync(wasm) });
    return convert;
  },
  async "npm Atlassian's paste parser (ProseMirror, linkedom)"() {
    const { parseHTML } = require("linkedom");
    const { defaultSchema } = require("@atlaskit/adf-schema/schema-default");
    // The very copy that the schema was made with: it takes nodes of no other.
    const schemaPackage = require.resolve("@atlaskit/adf-schema/schema-default");
    const { DOMParser } = require(require.resolve("prosemirror-model", { paths: [schemaPackage] }));
    const parser = DOMParser.fromSchema(defaultSchema);
    return (html) => {
      const { document } = parseHTML(`<!doctype html><html><body>${html}</body></html>`);
      return JSON.stringify(parser.parse(document.body).toJSON());
    };
  },
};

PEERS["npm marklassian"] = async () => {
  const { markdownToAdf } = await import("marklassian");
  return (markdown) => JSON.stringify(markdownToAdf(markdown));
};
const TAKES_MARKDOWN = new Set(["npm marklassian"]);

async function measure(load, takes) {
  const convert = await load();
  let best = Infinity;
  for (let round = 0; round <= asked.rounds; round++) {
    const begun = process.cpuUsage();
    for (const body of asked[takes]) convert(body);
    const { user, system } = process.cpuUsage(begun);
    if (round > 0) best = Math.min(best, user + system); // The first one warms up.
  }
  const tried = (sample) => {
    try {
      return JSON.parse(convert(sample));
    } catch {
      return null;
    }
  };
  return { takes, seconds: best / 1e6, made: asked.samples[takes].map(tried) };
}

const answers = {};
for (const [name, load] of Object.entries(PEERS)) {
  const takes = TAKES_MARKDOWN.has(name) ? "markdown" : "html";
  answers[name] = await measure(load, takes).catch((error) => ({ error: String(error?.message ?? error).split("\n")[0] }));
}
process.stdout.write(`\n${JSON.stringify(answers)}\n`);
