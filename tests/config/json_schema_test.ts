import { assert, assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { readExample } from "../../src/commands/init.ts";
import { configJsonSchema } from "../../src/config/json_schema.ts";
import { isObject } from "../../src/json.ts";
import { plainConfig } from "../support/config.ts";

// Ajv's default class knows draft 07; the keywords that are used here mean the same in 2020-12.
const { $schema, ...schema } = configJsonSchema();
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

Deno.test("configJsonSchema() says which dialect it is", () => {
  assertEquals($schema, "https://json-schema.org/draft/2020-12/schema");
});

Deno.test("configJsonSchema() accepts the example", () => {
  assert(validate(parse(readExample())), JSON.stringify(validate.errors));
});

const CASES: { name: string; text: string; want: boolean }[] = [
  { name: "accepts a plain config", text: plainConfig(), want: true },
  {
    name: "accepts ${…} for a number and for a duration",
    text: `listen: {port: "\${PORT}", drain: "\${DRAIN}"}\n${plainConfig()}`,
    want: true,
  },
  { name: "wants targets", text: "listen: {port: 1}", want: false },
  { name: "refuses an unknown key", text: `prot: 1\n${plainConfig()}`, want: false },
  { name: "refuses an unknown key of a target", text: `${plainConfig()}    x: 1`, want: false },
  { name: "refuses a wrong duration", text: `listen: {drain: 5}\n${plainConfig()}`, want: false },
  { name: "refuses a wrong name", text: plainConfig("A"), want: false },
  { name: "refuses a wrong mode", text: "targets: {a: {api_mode: x}}", want: false },
  {
    name: "refuses a wrong quirk",
    text: `${plainConfig()}    quirks: {top_k: 3}`,
    want: false,
  },
];

for (const { name, text, want } of CASES) {
  Deno.test(`configJsonSchema() ${name}`, () => {
    assertEquals(validate(parse(text)), want, JSON.stringify(validate.errors));
  });
}

Deno.test("configJsonSchema() describes every key", () => {
  const bare: string[] = [];
  findBare(schema, "", bare);
  assertEquals(bare, []);
});

/** Collects properties without a description, neither their own nor that of what they refer to. */
function findBare(node: unknown, path: string, bare: string[]): void {
  if (Array.isArray(node)) node.forEach((item, index) => findBare(item, `${path}/${index}`, bare));
  if (!isObject(node)) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === "properties" && isObject(value)) {
      for (const [name, property] of Object.entries(value)) {
        if (!isDescribed(property)) bare.push(`${path}/${name}`);
      }
    }
    findBare(value, `${path}/${key}`, bare);
  }
}

function isDescribed(node: unknown): boolean {
  if (!isObject(node)) return false;
  if (typeof node.description === "string") return true;
  const name = typeof node.$ref === "string" ? node.$ref.replace("#/$defs/", "") : "";
  const definitions = isObject(schema.$defs) ? schema.$defs : {};
  return name in definitions && isDescribed(definitions[name]);
}
