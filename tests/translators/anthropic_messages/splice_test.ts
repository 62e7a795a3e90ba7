import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { isObject } from "../../../src/json.ts";
import { arrayElements, objectMembers } from "../../../src/json_text.ts";
import {
  mergeEdits,
  removalEdits,
  splice,
} from "../../../src/translators/anthropic_messages/splice.ts";

const MERGES: { name: string; text: string; fields: Record<string, unknown>; want: string }[] = [
  {
    name: "replaces one value and nothing else",
    text: ' {\t"model" :\n"a" , "max_tokens":1e2}\n',
    fields: { model: "b" },
    want: ' {\t"model" :\n"b" , "max_tokens":1e2}\n',
  },
  {
    name: "replaces the last of two members with one name",
    text: '{"model":"a","x":1,"model":"b"}',
    fields: { model: "c" },
    want: '{"model":"a","x":1,"model":"c"}',
  },
  {
    name: "finds a name that is written with escapes",
    text: '{"mod\\u0065l":"a"}',
    fields: { model: "b" },
    want: '{"mod\\u0065l":"b"}',
  },
  {
    name: "does not take a nested name for its own",
    text: '{"a":{"model":"x"},"b":"\\"model\\":","model":"y"}',
    fields: { model: "z" },
    want: '{"a":{"model":"x"},"b":"\\"model\\":","model":"z"}',
  },
  {
    name: "adds new members at the end",
    text: '{"a":1 }',
    fields: { b: 2, c: { d: null } },
    want: '{"a":1,"b":2,"c":{"d":null} }',
  },
  { name: "adds to an empty object", text: " { } ", fields: { a: 1 }, want: ' {"a":1 } ' },
  {
    name: "merges an object into an object",
    text: '{"thinking":{"type":"enabled","budget_tokens":9},"a":1}',
    fields: { thinking: { budget_tokens: 5, display: "x" } },
    want: '{"thinking":{"type":"enabled","budget_tokens":5,"display":"x"},"a":1}',
  },
  {
    name: "replaces a scalar by an object",
    text: '{"a":null}',
    fields: { a: { b: 1 } },
    want: '{"a":{"b":1}}',
  },
  {
    name: "removes every member of a name",
    text: '{"a":1, "b":2, "a":3}',
    fields: { a: undefined },
    want: '{"b":2}',
  },
  {
    name: "removes the only member and adds another",
    text: '{ "a":1 }',
    fields: { a: undefined, b: 2 },
    want: '{ "b":2 }',
  },
  {
    name: "does not take an inherited name for a field",
    text: '{"toString":1,"constructor":2}',
    fields: { a: 1 },
    want: '{"toString":1,"constructor":2,"a":1}',
  },
];

for (const { name, text, fields, want } of MERGES) {
  Deno.test(`mergeEdits() ${name}`, () => {
    assertEquals(splice(text, mergeEdits(text, fields)), want);
  });
}

const REMOVALS: { name: string; text: string; gone: number[]; want: string }[] = [
  { name: "the first", text: "[ 1 , 2, 3 ]", gone: [0], want: "[ 2, 3 ]" },
  { name: "one in the middle", text: "[1,2 ,3]", gone: [1], want: "[1,3]" },
  { name: "the last", text: "[1, 2 ,3 ]", gone: [2], want: "[1, 2 ]" },
  { name: "a run at the end", text: "[1,2,3]", gone: [1, 2], want: "[1]" },
  { name: "all", text: "[ 1, 2 ]", gone: [0, 1], want: "[  ]" },
  { name: "every other", text: "[1,2,3,4,5]", gone: [0, 2, 4], want: "[2,4]" },
];

for (const { name, text, gone, want } of REMOVALS) {
  Deno.test(`removalEdits() removes ${name} with its comma`, () => {
    const edits = removalEdits(arrayElements(text), (index) => gone.includes(index));
    assertEquals(splice(text, edits), want);
  });
}

/** JSON text of the value with white space wherever it is allowed. */
function spacedJson(value: unknown): fc.Arbitrary<string> {
  return fc.constantFrom(0, 1, 3, "\t", "\r\n ").map((space) => JSON.stringify(value, null, space));
}

const anyObject = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true })
  .filter((value) => !Object.hasOwn(value, "__proto__"));

Deno.test("objectMembers() finds what JSON.parse finds", () => {
  fc.assert(fc.property(anyObject.chain(spacedJson), (text) => {
    const found = objectMembers(text).map(({ name, value }) =>
      [name, JSON.parse(text.slice(value.start, value.end))] as const
    );
    assertEquals(Object.fromEntries(found), JSON.parse(text));
  }));
});

Deno.test("arrayElements() finds what JSON.parse finds", () => {
  fc.assert(fc.property(fc.array(fc.jsonValue()).chain(spacedJson), (text) => {
    const found = arrayElements(text).map(({ start, end }) => JSON.parse(text.slice(start, end)));
    assertEquals(found, JSON.parse(text));
  }));
});

Deno.test("mergeEdits() edits the object and keeps every other character", () => {
  const scalars = fc.dictionary(fc.string(), fc.option(fc.integer(), { nil: undefined }), {
    noNullPrototype: true,
  }).filter((value) => !Object.hasOwn(value, "__proto__"));
  fc.assert(fc.property(anyObject.chain(spacedJson), scalars, (text, fields) => {
    const edits = mergeEdits(text, fields);
    const edited = splice(text, edits);
    const want = { ...JSON.parse(text), ...fields };
    assertEquals(JSON.parse(edited), JSON.parse(JSON.stringify(want)));
    let at = 0;
    for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
      const kept = text.slice(at, edit.start);
      assert(edited.includes(kept));
      at = edit.end;
    }
    assert(edited.endsWith(text.slice(at)));
  }));
});

Deno.test("removalEdits() removes exactly the chosen elements", () => {
  const lists = fc.array(fc.jsonValue(), { maxLength: 8 }).chain(spacedJson);
  fc.assert(fc.property(lists, fc.array(fc.boolean(), { minLength: 8 }), (text, gone) => {
    const edits = removalEdits(arrayElements(text), (index) => gone[index] === true);
    const want = JSON.parse(text).filter((_: unknown, index: number) => gone[index] !== true);
    assertEquals(JSON.parse(splice(text, edits)), want);
  }));
});

Deno.test("objectMembers() survives 100000 levels of nesting", () => {
  const nested = "[".repeat(100_000) + "]".repeat(100_000);
  const text = `{"messages":${nested},"model":"a"}`;
  const edited = splice(text, mergeEdits(text, { model: "b" }));
  assertEquals(edited, `{"messages":${nested},"model":"b"}`);
  assert(isObject(JSON.parse(edited)));
});
