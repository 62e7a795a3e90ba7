import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { isObject, type JsonObject } from "../../../src/json.ts";
import {
  isCompleteJson,
  parseToolInput,
  toolArguments,
} from "../../../src/translators/common/tool_input.ts";

const CASES: { name: string; raw: unknown; input: JsonObject; repaired: boolean }[] = [
  { name: "no arguments", raw: undefined, input: {}, repaired: false },
  { name: "null", raw: null, input: {}, repaired: false },
  { name: "the text null", raw: "null", input: {}, repaired: false },
  { name: "empty text", raw: "", input: {}, repaired: false },
  { name: "blank text", raw: " \n", input: {}, repaired: false },
  { name: "an object", raw: { a: 1 }, input: { a: 1 }, repaired: false },
  { name: "the text of an object", raw: '{"a":1}', input: { a: 1 }, repaired: false },
  { name: "text encoded twice", raw: '"{\\"a\\":1}"', input: { a: 1 }, repaired: true },
  { name: "an array", raw: "[1]", input: { value: [1] }, repaired: true },
  { name: "a number", raw: 3, input: { value: 3 }, repaired: true },
  { name: "a string", raw: '"ls"', input: { value: "ls" }, repaired: true },
  { name: "a trailing comma", raw: '{"a":[1,2,],}', input: { a: [1, 2] }, repaired: true },
  { name: "a raw line break", raw: '{"a":"x\ny"}', input: { a: "x\ny" }, repaired: true },
  { name: "an unknown escape", raw: '{"a":"\\d\\n"}', input: { a: "\\d\n" }, repaired: true },
  { name: "a bracket too many", raw: '{"a":1}}', input: { a: 1 }, repaired: true },
  { name: "words behind", raw: '{"a":1}</tool_call>', input: { a: 1 }, repaired: true },
  { name: "a missing bracket", raw: '{"a":{"b":[1', input: { a: { b: [1] } }, repaired: true },
  { name: "a missing quote", raw: '{"a":"b', input: { a: "b" }, repaired: true },
  { name: "no JSON", raw: "ls -la", input: { _raw: "ls -la" }, repaired: true },
  { name: "a missing value", raw: '{"a":', input: { _raw: '{"a":' }, repaired: true },
  { name: "two objects", raw: '{"a":1}{"b":2}', input: { _raw: '{"a":1}{"b":2}' }, repaired: true },
];

for (const { name, raw, input, repaired } of CASES) {
  Deno.test(`parseToolInput() reads ${name}`, () => {
    const got = parseToolInput(raw, { truncated: false });
    assertEquals(got.input, input);
    assertEquals(got.repaired, repaired);
    assertEquals(got.raw, input._raw);
  });
}

const CUT: { name: string; raw: string; input: JsonObject }[] = [
  { name: "a string", raw: '{"a":1,"command":"rm -r', input: { a: 1 } },
  { name: "a key", raw: '{"a":1,"com', input: { a: 1 } },
  { name: "a missing value", raw: '{"a":1,"b":', input: { a: 1 } },
  { name: "a word", raw: '{"a":[true, fal', input: { a: [true] } },
  { name: "a number", raw: '{"a":1,"b":2.', input: { a: 1 } },
];

for (const { name, raw, input } of CUT) {
  Deno.test(`parseToolInput() drops ${name} that the output limit cut`, () => {
    assertEquals(parseToolInput(raw, { truncated: true }).input, input);
  });
}

Deno.test("parseToolInput() keeps a key named __proto__ a key", () => {
  const { input } = parseToolInput('{"__proto__":{"x":1},}', { truncated: false });
  assertEquals(Object.keys(input), ["__proto__"]);
  assertEquals(Object.getPrototypeOf(input), Object.prototype);
});

Deno.test("parseToolInput() gives up on absurd nesting without failing", () => {
  const raw = '{"a":' + "[".repeat(100_000);
  assertEquals(parseToolInput(raw, { truncated: false }).raw, raw);
});

Deno.test("parseToolInput() yields an object for any value", () => {
  fc.assert(fc.property(fc.anything(), fc.boolean(), (raw, truncated) => {
    assert(isObject(parseToolInput(raw, { truncated }).input));
  }));
});

Deno.test("parseToolInput() yields a part of the object for any cut of its text", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (value, at) => {
    const text = JSON.stringify(value);
    const { input } = parseToolInput(text.slice(0, at % text.length), { truncated: true });
    for (const key of Object.keys(input)) assert(Object.hasOwn(value, key));
  }));
});

Deno.test("toolArguments() and parseToolInput() are inverse for objects", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
    const plain = JSON.parse(JSON.stringify(value));
    assertEquals(parseToolInput(toolArguments(plain), { truncated: false }).input, plain);
  }));
});

const ARGUMENTS: { name: string; input: unknown; want: string }[] = [
  { name: "an object", input: { a: 1 }, want: '{"a":1}' },
  { name: "nothing", input: undefined, want: "{}" },
  { name: "null", input: null, want: "{}" },
  { name: "a string", input: "ls", want: '{"value":"ls"}' },
  { name: "a lone surrogate", input: { a: "\ud800" }, want: '{"a":"\\ufffd"}' },
];

for (const { name, input, want } of ARGUMENTS) {
  Deno.test(`toolArguments() writes ${name}`, () => {
    assertEquals(toolArguments(input), want);
  });
}

const COMPLETE: { input: string; want: boolean }[] = [
  { input: ' {"a":1} ', want: true },
  { input: '{"a":"}', want: false },
  { input: '{"a":1', want: false },
  { input: "[1]", want: true },
  { input: "[1", want: false },
  { input: "", want: false },
  { input: "3", want: true },
];

for (const { input, want } of COMPLETE) {
  Deno.test(`isCompleteJson() is ${want} for '${input}'`, () => {
    assertEquals(isCompleteJson(input), want);
  });
}
