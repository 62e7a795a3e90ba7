import { assertEquals } from "@std/assert";
import {
  isObject,
  isPresent,
  nestsDeeper,
  nonEmptyString,
  stringifyWellFormed,
  tryParseJson,
} from "../src/json.ts";

Deno.test("isObject() is true for what JSON calls an object", () => {
  assertEquals([{}, { a: 1 }].map(isObject), [true, true]);
  assertEquals([null, undefined, [], "x", 1, true].filter(isObject), []);
});

Deno.test("isPresent() is false for null and undefined only", () => {
  assertEquals([null, undefined, 0, "", false].map(isPresent), [false, false, true, true, true]);
});

Deno.test("tryParseJson() parses, or returns undefined", () => {
  assertEquals(['{"a":1}', "null", "{", ""].map(tryParseJson), [
    { a: 1 },
    null,
    undefined,
    undefined,
  ]);
});

const NESTED: { text: string; want: boolean }[] = [
  { text: "1", want: false },
  { text: "null", want: false },
  { text: '{"a":[1,"[[["]}', want: false },
  { text: "[[],[],{},null]", want: false },
  { text: '{"a":1,"b":[null,{}]}', want: true },
  { text: '{"__proto__":[[]]}', want: true },
  { text: "[[[]]]", want: true },
];

for (const { text, want } of NESTED) {
  Deno.test(`nestsDeeper() says ${want} of ${text}`, () => {
    assertEquals(nestsDeeper(JSON.parse(text), 2), want);
  });
}

Deno.test("nonEmptyString() takes nothing but strings with something in them", () => {
  assertEquals(["a", "", 1, null].map(nonEmptyString), ["a", undefined, undefined, undefined]);
});

const TEXTS: { name: string; value: unknown; want: string }[] = [
  { name: "plain text", value: "aé👋", want: '"aé👋"' },
  { name: "a high surrogate", value: "a\ud83db", want: '"a\\ufffdb"' },
  { name: "a low surrogate", value: "\udc4b", want: '"\\ufffd"' },
  { name: "a surrogate in a key", value: { "\ud83d": 1 }, want: '{"\\ufffd":1}' },
  { name: "an escape that is text", value: "\\ud83d", want: '"\\\\ud83d"' },
  { name: "a surrogate behind a backslash", value: "\\\ud83d", want: '"\\\\\\ufffd"' },
  { name: "two surrogates in the wrong order", value: "\udc4b\ud83d", want: '"\\ufffd\\ufffd"' },
];

for (const { name, value, want } of TEXTS) {
  Deno.test(`stringifyWellFormed() writes ${name}`, () => {
    assertEquals(stringifyWellFormed(value), want);
  });
}
