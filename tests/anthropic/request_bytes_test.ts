import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { decodeBody } from "../../src/anthropic/body_text.ts";
import { parseRequestBytes } from "../../src/anthropic/request_bytes.ts";
import { LONG_TEXTS } from "../../src/anthropic/long_texts.ts";
import type { MessagesRequest } from "../../src/anthropic/request.ts";
import { parseMessagesRequest } from "../../src/anthropic/request_guard.ts";
import { InvalidRequestError } from "../../src/errors.ts";
import type { JsonObject } from "../../src/json.ts";
import { restored } from "../support/parsed_bytes.ts";
import { claudeCodeTurn } from "../support/claude_code_turn.ts";

const MAX_DEPTH = 50;
const HEAD = '{"model":"m","max_tokens":1,';
const HELLO = '{"role":"user","content":"Hi"}';

/** What parsing gives: the value with its members in order, or the words of the error. */
type Outcome = { readonly value: string } | { readonly error: string };

async function inParts(bytes: Uint8Array<ArrayBuffer>): Promise<Outcome> {
  return await outcome(() =>
    parseRequestBytes({
      bytes,
      get text() {
        return decodeBody(bytes);
      },
    }, { maxDepth: MAX_DEPTH })
  );
}

async function asWhole(bytes: Uint8Array<ArrayBuffer>): Promise<Outcome> {
  return await outcome(() => parseMessagesRequest(decodeBody(bytes), { maxDepth: MAX_DEPTH }));
}

async function outcome(
  parse: () => MessagesRequest | Promise<MessagesRequest>,
): Promise<Outcome> {
  try {
    return { value: JSON.stringify(restored(await parse())) };
  } catch (error) {
    if (error instanceof InvalidRequestError) return { error: error.message };
    throw error;
  }
}

const encoder = new TextEncoder();

const TEXT = "Many words. ".repeat(100);

function user(content: unknown): JsonObject {
  return { role: "user", content };
}

function text(text: string): JsonObject {
  return { type: "text", text };
}

function result(content: unknown): JsonObject {
  return { type: "tool_result", tool_use_id: "a", content };
}

function media(type: string, from: string): JsonObject {
  return { type, source: { type: from, media_type: "x/y", data: TEXT } };
}

/** The JSON text of a long text, with everything in it that is still fit to stay bytes. */
const LONG = String.raw`"Long: \"日本\", \\, \n, \/, é, 👩‍💻${"x".repeat(600)}\t"`;

/** A request that says this, which is JSON text, and something else. */
function saying(content: string): string {
  return `${HEAD}"messages":[{"role":"user","content":${content}},${HELLO}]}`;
}

const TEXTS: { name: string; text: string }[] = [
  { name: "a long text", text: saying(LONG) },
  { name: "a long text with a wrong escape", text: saying(LONG.replace("xxx", "xx\\x")) },
  { name: "a long text with half an escape", text: saying(LONG.replace("xxx", "xx\\u00")) },
  { name: "a long text over lines", text: saying(LONG.replace("xxx", "xx\n")) },
  { name: "a long text with escapes by number", text: saying(LONG.replace("xxx", "\\ud83d")) },
  { name: "a long text without an end", text: saying(LONG).slice(0, 600) },
  { name: "a long name", text: saying(`[{"type":"text","text":${LONG},${LONG}:${LONG}}]`) },
  ...[62, 63, 64, 65, 66, 67].map((length) => ({
    name: `a byte order mark behind ${length} letters`,
    text: saying(`"${"x".repeat(length)}\ufeff${LONG.slice(1)}`),
  })),
  { name: "long texts in place of blocks", text: saying(`[${LONG},[${LONG}],{"type":${LONG}}]`) },
  { name: "a long role", text: `${HEAD}"messages":[{"role":${LONG},"content":${LONG}}]}` },
  { name: "a plain body", text: `${HEAD}"messages":[${HELLO}]}` },
  { name: "an agent's request", text: JSON.stringify(claudeCodeTurn({ rounds: 400 })) },
  { name: "a body that is written over lines", text: JSON.stringify(claudeCodeTurn(), null, 2) },
  { name: "a byte order mark", text: `\ufeff${HEAD}"messages":[${HELLO}]}` },
  { name: "a byte order mark behind the messages", text: `${HEAD}"messages":[${HELLO}]\ufeff}` },
  { name: "messages twice", text: `${HEAD}"messages":[${HELLO},${HELLO}],"messages":[${HELLO}]}` },
  { name: "messages, then none", text: `${HEAD}"messages":[${HELLO}],"messages":[]}` },
  { name: "messages under an escaped name", text: `${HEAD}"m\\u0065ssages":[${HELLO}]}` },
  {
    name: "messages, then others under an escaped name",
    text: `${HEAD}"messages":[${HELLO}],"m\\u0065ssages":[${HELLO},${HELLO}]}`,
  },
  { name: "messages further inside", text: `${HEAD}"metadata":{"messages":[${HELLO}]}}` },
  { name: "a text in the place of messages", text: `${HEAD}"messages":["Hi"]}` },
  { name: "a message that is no JSON", text: `${HEAD}"messages":[${HELLO},{"role":user}]}` },
  { name: "two messages without a comma", text: `${HEAD}"messages":[${HELLO}${HELLO}]}` },
  { name: "no comma behind the messages", text: `${HEAD}"messages":[${HELLO}]"system":"x"}` },
  { name: "no name before the messages", text: `${HEAD}"x" "messages" [${HELLO}]}` },
  { name: "a second body", text: `${HEAD}"messages":[${HELLO}]}{}` },
  { name: "half a body", text: `${HEAD}"messages":[${HELLO},{"role":"us` },
  { name: "a lone surrogate", text: `${HEAD}"messages":[{"role":"user","content":"\\ud83d"}]}` },
  { name: "U+FFFD itself", text: `${HEAD}"messages":[{"role":"user","content":"\ufffd"}]}` },
  { name: "a wrong message", text: `${HEAD}"messages":[${HELLO},{"role":"user","content":5}]}` },
  {
    name: "a message of too many levels",
    text: `${HEAD}"messages":[{"role":"user","x":${"[".repeat(60)}${"]".repeat(60)}}]}`,
  },
];

for (const { name, text } of TEXTS) {
  Deno.test(`parseRequestBytes() says of ${name} what parseMessagesRequest() does`, async () => {
    const bytes = encoder.encode(text);
    assertEquals(await inParts(bytes), await asWhole(bytes));
  });
}

/** A message, and whether its long text stays bytes. */
const PLACES: { name: string; message: JsonObject; isKept: boolean }[] = [
  { name: "what the user says", message: user(TEXT), isKept: true },
  { name: "a text of the user", message: user([text(TEXT)]), isKept: true },
  { name: "a result", message: user([result(TEXT)]), isKept: true },
  { name: "a text in a result", message: user([result([text(TEXT)])]), isKept: true },
  { name: "an image", message: user([media("image", "base64")]), isKept: true },
  {
    name: "an image in a result",
    message: user([result([media("image", "base64")])]),
    isKept: true,
  },
  { name: "a file", message: user([media("document", "base64")]), isKept: true },
  { name: "a document of text", message: user([media("document", "text")]), isKept: false },
  { name: "an unknown block", message: user([{ type: "new", text: TEXT }]), isKept: false },
  { name: "a result in a result", message: user([result([result(TEXT)])]), isKept: false },
  { name: "another member", message: user([{ ...text("x"), note: [TEXT] }]), isKept: false },
  { name: "an answer", message: { role: "assistant", content: [text(TEXT)] }, isKept: false },
  { name: "a system message", message: { role: "system", content: TEXT }, isKept: false },
  {
    name: "a call",
    message: {
      role: "assistant",
      content: [{ type: "tool_use", id: "a", name: "b", input: { text: TEXT } }],
    },
    isKept: false,
  },
];

for (const { name, message, isKept } of PLACES) {
  Deno.test(`parseRequestBytes() ${isKept ? "keeps" : "reads"} a long text in ${name}`, async () => {
    const json = JSON.stringify({ model: "m", max_tokens: 1, messages: [message] });
    const bytes = encoder.encode(json);
    const request = await parseRequestBytes({ bytes, text: json }, { maxDepth: MAX_DEPTH });
    assertEquals(JSON.stringify(request).length < TEXT.length, isKept);
    assertEquals(request[LONG_TEXTS]?.restoredJson(JSON.stringify(request)), json);
  });
}

Deno.test("parseRequestBytes() reads a long text under the name __proto__", async () => {
  const json =
    `${HEAD}"messages":[{"role":"assistant","content":[{"type":"x","__proto__":${LONG}}]}]}`;
  const bytes = encoder.encode(json);
  const request = await parseRequestBytes({ bytes, text: json }, { maxDepth: MAX_DEPTH });
  assertEquals(JSON.stringify(request), JSON.stringify(JSON.parse(json)));
});

Deno.test("parseRequestBytes() does not even parse too many brackets", async () => {
  const wanted = { error: `The request is nested too deeply: ${MAX_DEPTH} levels at most` };
  assertEquals(await inParts(encoder.encode("[".repeat(2_000_000))), wanted);
});

const NOT_UTF8: { name: string; bytes: number[] }[] = [
  { name: "a byte that nothing begins with", bytes: [0xff] },
  { name: "a letter that is cut", bytes: [0xe6, 0x97] },
  { name: "a surrogate", bytes: [0xed, 0xa0, 0xbd] },
];

for (const { name, bytes } of NOT_UTF8) {
  for (const place of ["message", "long", "rest"]) {
    Deno.test(`parseRequestBytes() refuses ${name} in the ${place}`, async () => {
      const text = `${HEAD}"messages":[{"role":"user","content":"?message"},{"role":"user",` +
        `"content":"${TEXT}?long${TEXT}"}],"system":"?rest"}`;
      const whole = encoder.encode(text);
      const at = text.indexOf(`?${place}`);
      const bad = Uint8Array.from([...whole.slice(0, at), ...bytes, ...whole.slice(at)]);
      await assertRejects(
        () => parseRequestBytes({ bytes: bad, text }, { maxDepth: MAX_DEPTH }),
        InvalidRequestError,
        "not valid UTF-8",
      );
    });
  }
}

Deno.test("parseRequestBytes() says of a damaged body what parseMessagesRequest() does", async () => {
  const sound = encoder.encode(
    `{"messages": [${HELLO}, {"role":"user","content":[{"type":"text","text":"\\"日\\\\"}]}],` +
      `"model":"m","max_tokens":1}`,
  );
  const damage = fc.record({
    at: fc.nat(sound.length - 1),
    remove: fc.nat(3),
    insert: fc.constantFrom("", ...'[]{}",:\\ 1', '"messages":[{}]', "\ufeff", "é"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 2 }), async (damages) => {
      const text = damages.reduce((text, { at, remove, insert }) => {
        const place = Math.min(at, text.length);
        return text.slice(0, place) + insert + text.slice(place + remove);
      }, decodeBody(sound));
      const bytes = encoder.encode(text);
      assertEquals(await inParts(bytes), await asWhole(bytes));
    }),
    { seed: 20261122, numRuns: 500 },
  );
});
