import { assertEquals } from "@std/assert";
import { sampleArguments, sampleValue } from "../../src/demo/sample.ts";

const CASES: { name: string; schema: unknown; want: unknown }[] = [
  { name: "a string", schema: { type: "string" }, want: "hello" },
  { name: "no type", schema: {}, want: "hello" },
  { name: "a schema that is true", schema: true, want: "hello" },
  { name: "a constant", schema: { const: 5 }, want: 5 },
  { name: "a choice", schema: { type: "string", enum: ["b", "a"] }, want: "b" },
  { name: "a default", schema: { type: "integer", default: 7 }, want: 7 },
  { name: "an integer", schema: { type: "integer" }, want: 1 },
  { name: "a number in a range", schema: { type: "number", minimum: 3, maximum: 9 }, want: 3 },
  { name: "an open range", schema: { type: "integer", exclusiveMinimum: 3 }, want: 4 },
  { name: "a number below one", schema: { type: "number", maximum: -2 }, want: -2 },
  { name: "a boolean", schema: { type: "boolean" }, want: true },
  { name: "null", schema: { type: "null" }, want: null },
  { name: "a nullable type", schema: { type: ["null", "integer"] }, want: 1 },
  { name: "a date", schema: { type: "string", format: "date" }, want: "2026-01-31" },
  { name: "a short string", schema: { type: "string", maxLength: 2 }, want: "he" },
  { name: "a long string", schema: { type: "string", minLength: 7 }, want: "hello.." },
  { name: "an array", schema: { type: "array", items: { type: "integer" } }, want: [1] },
  { name: "an array of two", schema: { items: {}, minItems: 2 }, want: ["hello", "hello"] },
  {
    name: "an object with its required properties only",
    schema: {
      properties: { a: { type: "integer" }, b: { type: "string" }, c: {} },
      required: ["b", "a"],
    },
    want: { b: "hello", a: 1 },
  },
  {
    name: "an alternative",
    schema: { anyOf: [{ type: "null" }, { type: "integer" }] },
    want: 1,
  },
  {
    name: "a reference",
    schema: { $ref: "#/$defs/a~1b", $defs: { "a/b": { type: "boolean" } } },
    want: true,
  },
  { name: "a reference to nowhere", schema: { $ref: "https://example.com/x" }, want: "hello" },
];

for (const { name, schema, want } of CASES) {
  Deno.test(`sampleValue() fits ${name}`, () => {
    assertEquals(sampleValue(schema, "hello"), want);
  });
}

Deno.test("sampleValue() ends where a schema refers to itself", () => {
  const schema = { type: "object", properties: { next: { $ref: "#" } }, required: ["next"] };
  assertEquals(JSON.stringify(sampleValue(schema, "x")).length < 200, true);
});

for (const schema of [undefined, null, { type: "string" }, { type: "object" }]) {
  Deno.test(`sampleArguments() of ${JSON.stringify(schema)} is an object`, () => {
    assertEquals(sampleArguments(schema, "x"), {});
  });
}
