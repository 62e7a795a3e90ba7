import { assertEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import { isStrictLegal } from "../../../src/translators/common/strict_schema.ts";

const A = { type: "object", properties: { a: { type: "string" } } };
const CLOSED = { ...A, required: ["a"], additionalProperties: false };

function around(property: unknown): JsonObject {
  return { ...CLOSED, properties: { a: property } };
}

const CASES: { name: string; input: JsonObject; want: boolean }[] = [
  { name: "a closed object", input: CLOSED, want: true },
  { name: "an open object", input: { ...A, required: ["a"] }, want: false },
  { name: "an optional property", input: { ...A, additionalProperties: false }, want: false },
  { name: "a root that is no object", input: { type: "array", items: CLOSED }, want: false },
  { name: "a choice at the root", input: { ...CLOSED, anyOf: [CLOSED] }, want: false },
  { name: "a nested closed object", input: around(CLOSED), want: true },
  { name: "a nested open object", input: around(A), want: false },
  {
    name: "a choice below the root",
    input: around({ anyOf: [CLOSED, { type: "null" }] }),
    want: true,
  },
  { name: "a list", input: around({ type: "array", items: { type: "number" } }), want: true },
  { name: "a list of anything", input: around({ type: "array" }), want: false },
  { name: "a property that says nothing", input: around({ description: "d" }), want: false },
  { name: "an unknown keyword", input: around({ type: "string", minLength: 1 }), want: false },
  { name: "a default", input: around({ type: "string", default: "x" }), want: false },
  { name: "a known format", input: around({ type: "string", format: "uuid" }), want: true },
  { name: "another format", input: around({ type: "string", format: "uri" }), want: false },
  { name: "a lookaround", input: around({ type: "string", pattern: "(?=x)" }), want: false },
  {
    name: "a reference",
    input: { ...around({ $ref: "#/$defs/x" }), $defs: { x: CLOSED } },
    want: true,
  },
  { name: "an open definition", input: { ...CLOSED, $defs: { x: A } }, want: false },
];

for (const { name, input, want } of CASES) {
  Deno.test(`isStrictLegal() is ${want} for ${name}`, () => {
    assertEquals(isStrictLegal(input), want);
  });
}

Deno.test("isStrictLegal() is false for more levels than strict mode allows", () => {
  let schema: JsonObject = CLOSED;
  for (let level = 0; level < 11; level++) schema = around(schema);
  assertEquals(isStrictLegal(schema), false);
});
