// Reads one JSON document per line and answers, per line, what each engine said:
// {"schema": null | "why not", "validator": null | "why not", "prosemirror": null | "why not"}.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

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

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const document = JSON.parse(line);
  const answers = Object.entries(ENGINES).map(([name, engine]) => [name, ask(engine, document)]);
  process.stdout.write(`${JSON.stringify(Object.fromEntries(answers))}\n`);
}
