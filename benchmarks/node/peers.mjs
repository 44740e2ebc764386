// Reads {"bodies": [html], "rounds": n} and answers {peer: {"seconds": best of the rounds over all bodies} | {"error": why}}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";

const require = createRequire(import.meta.url);
const { bodies, rounds } = JSON.parse(readFileSync(0, "utf8"));

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

async function measure(load) {
  const convert = await load();
  let best = Infinity;
  for (let round = 0; round <= rounds; round++) {
    const begun = performance.now();
    for (const body of bodies) convert(body);
    if (round > 0) best = Math.min(best, performance.now() - begun); // The first one warms up.
  }
  return { seconds: best / 1000 };
}

const answers = {};
for (const [name, load] of Object.entries(PEERS)) {
  answers[name] = await measure(load).catch((error) => ({ error: String(error?.message ?? error).split("\n")[0] }));
}
process.stdout.write(`\n${JSON.stringify(answers)}\n`);
