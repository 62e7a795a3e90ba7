import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { JsonObject } from "../../../src/json.ts";
import {
  RepeatedPayload,
  type RepeatedShape,
} from "../../../src/translators/common/repeated_payload.ts";

const SHAPE: RepeatedShape = {
  texts: [["choices", 0, "delta", "content"], ["choices", 0, "delta", "reasoning"]],
  ignored: ["padding", "number"],
};

function chunk(content: unknown, more: JsonObject = {}): string {
  return JSON.stringify({ id: "c1", choices: [{ index: 0, delta: { content } }], ...more });
}

/** What is read without a parser behind a payload that was parsed; undefined if nothing is. */
function readAfter(first: string, second: string): JsonObject | undefined {
  const repeated = new RepeatedPayload(SHAPE);
  repeated.learn(first, JSON.parse(first));
  return repeated.read(second);
}

const READ: readonly { readonly name: string; readonly first: string; readonly second: string }[] =
  [
    { name: "another text", first: chunk("one"), second: chunk("two words") },
    { name: "an empty text", first: chunk("one"), second: chunk("") },
    { name: "escapes", first: chunk("one"), second: chunk('"\\\n\u0001\ud83d\ude00') },
    { name: "a text that ends with a backslash", first: chunk("one"), second: chunk("C:\\") },
    {
      name: "a text that looks like what surrounds it",
      first: chunk('"content":"x"}'),
      second: chunk('"}}]}'),
    },
    {
      name: "a text that was learned with escapes",
      first: chunk('a"b\\'),
      second: chunk("plain"),
    },
    {
      name: "blanks behind the name",
      first: '{"choices": [{"delta": {"content": "one"}}]}',
      second: '{"choices": [{"delta": {"content": "two"}}]}',
    },
    {
      name: "reasoning",
      first: '{"choices":[{"delta":{"content":"","reasoning":"one"}}]}',
      second: '{"choices":[{"delta":{"content":"","reasoning":"two"}}]}',
    },
  ];

for (const { name, first, second } of READ) {
  Deno.test(`RepeatedPayload reads ${name}`, () => {
    assertEquals(readAfter(first, second), JSON.parse(second));
  });
}

const LEFT: readonly { readonly name: string; readonly first: string; readonly second: string }[] =
  [
    { name: "another id", first: chunk("one"), second: chunk("two", { id: "c2" }) },
    { name: "a member more", first: chunk("one"), second: chunk("two", { usage: {} }) },
    { name: "no text", first: chunk("one"), second: chunk(null) },
    { name: "a text that is cut", first: chunk("one"), second: chunk("two").slice(0, -8) },
    { name: "more behind the end", first: chunk("one"), second: `${chunk("two")}}` },
    { name: "an escape that is none", first: chunk("one"), second: chunk("@").replace("@", "\\x") },
    { name: "a line feed in the text", first: chunk("one"), second: chunk("@").replace("@", "\n") },
    { name: "a text after one that is null", first: chunk(null), second: chunk("two") },
    {
      name: "a name that stands twice",
      first: chunk("one", { content: "x" }),
      second: chunk("two", { content: "x" }),
    },
    {
      name: "a text under another member",
      first: '{"choices":[{"delta":{"x":{"content":"one"}}}]}',
      second: '{"choices":[{"delta":{"x":{"content":"two"}}}]}',
    },
    {
      name: "an ignored name that is not the payload's own",
      first: chunk("one", { extra: { number: 1 } }),
      second: chunk("two", { extra: { number: 2 } }),
    },
  ];

for (const { name, first, second } of LEFT) {
  Deno.test(`RepeatedPayload leaves ${name} to the parser`, () => {
    assertStrictEquals(readAfter(first, second), undefined);
  });
}

Deno.test("RepeatedPayload passes over what nobody reads, before the text and behind it", () => {
  const at = (number: number, content: string, padding: string) =>
    `{"number":${number},"choices":[{"delta":{"content":"${content}"}}],"padding":"${padding}"}`;
  const read = readAfter(at(1, "one", "xyz"), at(22, "two", ""));
  assertEquals(read?.choices, [{ delta: { content: "two" } }]);
});

Deno.test("RepeatedPayload gives up on a stream without repetition, and goes on with others", () => {
  const repeated = new RepeatedPayload(SHAPE);
  const learn = (data: string) => repeated.learn(data, JSON.parse(data));
  for (let id = 0; id < 8; id++) learn(chunk("x", { id }));
  assertEquals(repeated.read(chunk("y", { id: 7 }))?.id, 7);
  for (let id = 0; id < 9; id++) learn(chunk("x", { id }));
  learn(chunk("x", { id: "last" }));
  assertStrictEquals(repeated.read(chunk("y", { id: "last" })), undefined);
});

Deno.test("RepeatedPayload never reads anything but what a parser would", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.stringMatching(/^["\\{}:,n]{0,8}$/),
    fc.constantFrom('"content":"', '"}', "\\", '\\"', '"content":'),
  );
  const payload = fc.record({
    padding: fc.constantFrom("", "abc"),
    id: fc.constantFrom("a", "b"),
    choices: fc.tuple(fc.record({ delta: fc.record({ content: text, role: fc.constant("x") }) })),
  });
  fc.assert(fc.property(fc.array(payload, { minLength: 2, maxLength: 12 }), (payloads) => {
    const repeated = new RepeatedPayload(SHAPE);
    for (const payload of payloads) {
      const data = JSON.stringify(payload);
      const read = repeated.read(data);
      if (read === undefined) repeated.learn(data, JSON.parse(data));
      // What stands in `padding` is nobody's business.
      assertEquals({ ...(read ?? JSON.parse(data)), padding: "" }, {
        ...JSON.parse(data),
        padding: "",
      });
    }
  }));
});
