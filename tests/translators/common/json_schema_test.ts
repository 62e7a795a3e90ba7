import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import * as fc from "fast-check";
import type { JsonObject } from "../../../src/json.ts";
import { DEFAULT_PROFILE } from "../../../src/profiles/catalog.ts";
import { cleanSchema, isSchemaStep } from "../../../src/translators/common/json_schema.ts";

const STRING = { type: "string" };

const CASES: { name: string; steps: string[]; input: JsonObject; want: JsonObject }[] = [
  {
    name: "drops $schema at every level",
    steps: ["drop_$schema"],
    input: { $schema: "s", $id: "i", items: { $comment: "c", type: "string" } },
    want: { items: STRING },
  },
  {
    name: "drops keywords, but no properties of that name",
    steps: ["drop_keywords:default,format,not"],
    input: { properties: { default: { default: 1 }, format: { format: "uri" }, not: { not: {} } } },
    want: { properties: { default: {}, format: {}, not: {} } },
  },
  {
    name: "drops keywords, but nothing inside values",
    steps: ["drop_keywords:format", "no_const"],
    input: {
      enum: [{ format: "x", const: 1 }],
      default: { format: "y" },
      examples: [{ const: 1 }],
    },
    want: { enum: [{ format: "x", const: 1 }], default: { format: "y" }, examples: [{ const: 1 }] },
  },
  {
    name: "reaches every place where a schema can stand",
    steps: ["drop_$schema"],
    input: {
      $defs: { a: { $id: "1" } },
      allOf: [{ $id: "2" }],
      additionalProperties: { $id: "3" },
      if: { $id: "4" },
      patternProperties: { "^x": { $id: "5" } },
      items: [{ $id: "6" }, true],
    },
    want: {
      $defs: { a: {} },
      allOf: [{}],
      additionalProperties: {},
      if: {},
      patternProperties: { "^x": {} },
      items: [{}, true],
    },
  },
  {
    name: "keeps only some formats",
    steps: ["keep_formats:date-time,enum"],
    input: { properties: { a: { format: "uri" }, b: { format: "date-time" } } },
    want: { properties: { a: {}, b: { format: "date-time" } } },
  },
  {
    name: "inlines references with what stands beside them",
    steps: ["inline_refs"],
    input: {
      properties: { a: { $ref: "#/$defs/a~1b", description: "mine" } },
      $defs: { "a/b": { type: "string", description: "its" } },
    },
    want: { properties: { a: { type: "string", description: "mine" } } },
  },
  {
    name: "inlines a reference at the root",
    steps: ["inline_refs"],
    input: { $ref: "#/definitions/a", definitions: { a: STRING } },
    want: STRING,
  },
  {
    name: "cuts cycles",
    steps: ["inline_refs"],
    input: { $ref: "#/$defs/n", $defs: { n: { properties: { next: { $ref: "#/$defs/n" } } } } },
    want: { properties: { next: {} } },
  },
  {
    name: "cuts a reference to the root",
    steps: ["inline_refs"],
    input: { items: { $ref: "#" } },
    want: { items: {} },
  },
  {
    name: "cuts references that lead nowhere, or to the prototype",
    steps: ["inline_refs"],
    input: { anyOf: [{ $ref: "#/$defs/none" }, { $ref: "#/constructor" }, { $ref: "http://x" }] },
    want: { anyOf: [{}, {}, {}] },
  },
  {
    name: "makes null nullable",
    steps: ["no_type_array"],
    input: { type: ["string", "null"], format: "uri" },
    want: { type: "string", format: "uri", nullable: true },
  },
  {
    name: "makes several types a choice, with their own keywords",
    steps: ["no_type_array"],
    input: { type: ["array", "string", "null"], items: STRING, description: "d" },
    want: { description: "d", anyOf: [{ type: "array", items: STRING }, STRING], nullable: true },
  },
  {
    name: "makes a constant a list of one",
    steps: ["no_const"],
    input: { const: 1 },
    want: { enum: [1] },
  },
  {
    name: "makes list members texts",
    steps: ["no_const", "enum_strings"],
    input: { properties: { a: { type: "integer", enum: [1, "1", 2, null] }, b: { const: true } } },
    want: {
      properties: {
        a: { type: "string", enum: ["1", "2"], nullable: true },
        b: { enum: ["true"] },
      },
    },
  },
  {
    name: "drops patterns that look around",
    steps: ["no_lookaround"],
    input: { properties: { a: { pattern: "^(?!x)" }, b: { pattern: "^x$" } } },
    want: { properties: { a: {}, b: { pattern: "^x$" } } },
  },
  {
    name: "merges a single allOf",
    steps: ["all_of_single"],
    input: {
      description: "outer",
      allOf: [{ description: "inner", properties: { a: STRING }, required: ["a"] }],
      properties: { b: STRING },
      required: ["b"],
    },
    want: {
      description: "outer",
      properties: { b: STRING, a: STRING },
      required: ["a", "b"],
    },
  },
  {
    name: "moves the type into each choice",
    steps: ["type_inside_anyOf"],
    input: { type: "object", anyOf: [{ required: ["a"] }, { type: "string" }] },
    want: { anyOf: [{ type: "object", required: ["a"] }, { type: "string" }] },
  },
  {
    name: "writes tuples as draft 2020-12 does",
    steps: ["tuple_items"],
    input: { items: [STRING], additionalItems: { type: "number" } },
    want: { prefixItems: [STRING], items: { type: "number" } },
  },
  {
    name: "closes objects",
    steps: ["additional_properties_false"],
    input: { type: "object", properties: { a: { type: "object", additionalProperties: STRING } } },
    want: {
      type: "object",
      properties: { a: { type: "object", additionalProperties: STRING } },
      additionalProperties: false,
    },
  },
  {
    name: "requires all properties",
    steps: ["required_all"],
    input: { properties: { a: {}, b: {} }, required: ["b"] },
    want: { properties: { a: {}, b: {} }, required: ["a", "b"] },
  },
  {
    name: "gives the root a type and properties",
    steps: ["force_object_root"],
    input: {},
    want: { type: "object", properties: {} },
  },
  {
    name: "merges the choices of the root",
    steps: ["force_object_root"],
    input: {
      anyOf: [
        { properties: { a: STRING, b: STRING }, required: ["a", "b"] },
        { properties: { a: STRING, c: STRING }, required: ["a"] },
      ],
    },
    want: { type: "object", properties: { a: STRING, b: STRING, c: STRING }, required: ["a"] },
  },
  {
    name: "wraps a root that is no object",
    steps: ["force_object_root"],
    input: { type: "array", items: STRING },
    want: {
      type: "object",
      properties: { value: { type: "array", items: STRING } },
      required: ["value"],
    },
  },
];

for (const { name, steps, input, want } of CASES) {
  Deno.test(`cleanSchema() ${name}`, () => {
    const before = structuredClone(input);
    const got = cleanSchema(input, steps);
    assertEquals(got, want);
    assertEquals(input, before);
    assertEquals(cleanSchema(got, steps), want);
  });
}

const ALL_STEPS = [
  "drop_$schema",
  "inline_refs",
  "no_type_array",
  "no_const",
  "drop_keywords:propertyNames,if,then,else,not,default",
  "keep_formats:date-time",
  "no_lookaround",
  "all_of_single",
  "type_inside_anyOf",
  "enum_strings",
  "tuple_items",
  "force_object_root",
];

Deno.test("cleanSchema() returns the schema itself when it is fine", () => {
  const schema = { type: "object", properties: { a: { anyOf: [STRING, { enum: ["x"] }] } } };
  assertStrictEquals(cleanSchema(schema, ALL_STEPS), schema);
  assertStrictEquals(cleanSchema(schema, []), schema);
});

Deno.test("cleanSchema() keeps a property named __proto__ a property", () => {
  const schema = JSON.parse('{"properties":{"__proto__":{"const":1},"a":{"$ref":"#/x"}},"x":{}}');
  const { properties } = cleanSchema(schema, ALL_STEPS) as { properties: JsonObject };
  assertEquals(Object.keys(properties), ["__proto__", "a"]);
  assertEquals(Object.getPrototypeOf(properties), Object.prototype);
});

Deno.test("cleanSchema() leaves what is nested too deep", () => {
  let schema: JsonObject = { const: 1 };
  for (let level = 0; level < 5000; level++) schema = { items: schema };
  assertStrictEquals(cleanSchema(schema, ["no_const"]), schema);
});

Deno.test("cleanSchema() bounds references that multiply", () => {
  const $defs: Record<string, unknown> = {};
  for (let level = 0; level < 40; level++) {
    const next = { $ref: `#/$defs/a${level + 1}` };
    $defs[`a${level}`] = { properties: { x: next, y: next } };
  }
  const text = JSON.stringify(cleanSchema({ $ref: "#/$defs/a0", $defs }, ["inline_refs"]));
  assert(text.length < 2_000_000);
});

Deno.test("cleanSchema() never changes its input, and a second time nothing", () => {
  const leaf: fc.Arbitrary<unknown> = fc.oneof(
    fc.constantFrom<unknown>(true, {}, { type: "string", format: "uri", default: 1 }),
    fc.record({ type: fc.subarray(["string", "array", "null", "integer"], { minLength: 1 }) }),
    fc.record({ const: fc.jsonValue() }),
    fc.record({ enum: fc.array(fc.jsonValue(), { minLength: 1 }), type: fc.constant("integer") }),
    fc.record({ $ref: fc.constantFrom("#", "#/$defs/a", "#/properties/a", "#/nowhere") }),
    fc.record({ pattern: fc.constantFrom("(?!a)", "a") }),
  );
  const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
    schema: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.record({
        properties: fc.dictionary(fc.constantFrom("a", "not", "__proto__", "const"), tie("schema")),
        required: fc.constant(["a"]),
      }),
      fc.record({ items: fc.oneof(tie("schema"), fc.array(tie("schema"))) }),
      fc.record({ anyOf: fc.array(tie("schema"), { maxLength: 3 }), type: fc.constant("object") }),
      fc.record({ allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }) }),
    ),
  }));
  fc.assert(
    fc.property(schema, schema, fc.subarray(ALL_STEPS), (properties, def, steps) => {
      const root = { type: "object", properties: { a: properties }, $defs: { a: def } };
      const before = JSON.stringify(root);
      const once = cleanSchema(root, steps);
      assertEquals(JSON.stringify(root), before);
      assertEquals(cleanSchema(once, steps), once);
    }),
    { numRuns: 500 },
  );
});

Deno.test("isSchemaStep() knows every step of the default profile and no other word", () => {
  for (const step of [...ALL_STEPS, ...DEFAULT_PROFILE.schema]) assert(isSchemaStep(step), step);
  for (const step of ["drop_keywords:", "inline", "constructor"]) assert(!isSchemaStep(step), step);
});
