import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LongTexts } from "../../src/anthropic/long_texts.ts";
import { concatBytes } from "../../src/bytes.ts";
import { type JsonObject, lasting } from "../../src/json.ts";
import { encodeJson } from "../../src/upstream/json_body.ts";
import { claudeCodeTurn } from "../support/claude_code_turn.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

async function textOf(body: JsonObject): Promise<string> {
  return decoder.decode(concatBytes(await encodeJson(body)));
}

const BODIES: { name: string; body: JsonObject }[] = [
  { name: "nothing", body: {} },
  { name: "empty lists and objects", body: { a: [], b: {}, c: "" } },
  { name: "undefined, as member and as item", body: { a: undefined, b: [undefined, null, 0] } },
  { name: "only undefined", body: { a: undefined } },
  { name: "lists in lists", body: { a: [[1, [2]], [], [{ b: [3] }]] } },
  { name: "keys that need escapes", body: { 'a"\n日': [1], "__proto__x": "ü" } },
  { name: "an agent's request", body: { ...claudeCodeTurn() } },
  { name: "a text of a megabyte", body: { a: ["ä日".repeat(300_000), "b"], c: "d" } },
  { name: "many texts", body: { a: Array(3000).fill("日本語 und mehr ".repeat(100)), c: "d" } },
];

for (const { name, body } of BODIES) {
  Deno.test(`encodeJson() writes ${name} as JSON.stringify does`, async () => {
    assertEquals(await textOf(body), JSON.stringify(body));
  });
}

Deno.test("encodeJson() writes any JSON object as JSON.stringify does", async () => {
  const object = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(object, async (body) => {
      assertEquals(await textOf(body), JSON.stringify(body));
    }),
    { seed: 20261122, numRuns: 200 },
  );
});

Deno.test("encodeJson() writes lone surrogates as U+FFFD", async () => {
  const body = { a: "\ud83d", b: ["x\udc00", { c: "\\ud800" }] };
  assertEquals(await textOf(body), String.raw`{"a":"\ufffd","b":["x\ufffd",{"c":"\\ud800"}]}`);
});

Deno.test("encodeJson() keeps bodies apart that are written at the same time", async () => {
  const bodies = ["a", "ä", "日"].map((letter) => ({
    list: Array(2000).fill(letter.repeat(1500)),
  }));
  const written = await Promise.all(bodies.map(textOf));
  assertEquals(written, bodies.map((body) => JSON.stringify(body)));
});

Deno.test("encodeJson() writes items that come again among others", async () => {
  const [small, large] = [{ name: "kl\ud83dein" }, { name: "groß".repeat(100_000) }];
  for (const item of [small, large]) lasting.add(item);
  const body = { a: [large, 1, small, large, { b: 2 }], c: [small] };
  const wanted = JSON.stringify(body).replaceAll("\\ud83d", "\\ufffd");
  assertEquals([await textOf(body), await textOf(body)], [wanted, wanted]);
});

Deno.test("encodeJson() writes long texts as the bytes that they came as", async () => {
  const texts = new LongTexts();
  const keep = (json: string) => decoder.decode(texts.keep(encoder.encode(json)));
  const [small, large] = [String.raw`\"日本\" \/`, "👩‍💻".repeat(100_000)];
  const body = {
    a: `x${keep(small)}y${keep(large)}`,
    b: [{ c: keep(small) }, keep(large), "plain"],
    d: keep("twice").repeat(2),
  };
  const written = decoder.decode(concatBytes(await encodeJson(body, texts)));
  assertEquals(
    written,
    `{"a":"x${small}y${large}","b":[{"c":"${small}"},"${large}","plain"],"d":"twicetwice"}`,
  );
});
