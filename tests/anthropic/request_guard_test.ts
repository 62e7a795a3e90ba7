import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { parseMessagesRequest } from "../../src/anthropic/request_guard.ts";
import { GatewayError, InvalidRequestError } from "../../src/errors.ts";
import { isObject } from "../../src/json.ts";
import { claudeCodeTurn } from "../support/claude_code_turn.ts";

const VALID = { model: "m", max_tokens: 1, messages: [{ role: "user", content: "Hi" }] };

/** A valid body with one block in its message. */
function withBlock(block: unknown): unknown {
  return { ...VALID, messages: [{ role: "user", content: [block] }] };
}

const BAD_TEXTS: { name: string; text: string; want: string }[] = [
  { name: "nothing", text: "", want: "is not valid JSON" },
  { name: "half an object", text: '{"model":"m"', want: "is not valid JSON" },
  { name: "no JSON", text: "model=m", want: "is not valid JSON" },
  { name: "an array", text: "[]", want: "must be a JSON object" },
  { name: "a string", text: '"m"', want: "must be a JSON object" },
  { name: "null", text: "null", want: "must be a JSON object" },
];

for (const { name, text, want } of BAD_TEXTS) {
  Deno.test(`parseMessagesRequest() refuses ${name}`, () => {
    const error = assertThrows(() => parseMessagesRequest(text), InvalidRequestError, want);
    assertEquals([error.status, error.type], [400, "invalid_request_error"]);
  });
}

Deno.test("parseMessagesRequest() repeats nothing of a body that is no JSON", () => {
  const error = assertThrows(() => parseMessagesRequest('{"a": my secret}'), InvalidRequestError);
  assert(!error.message.includes("secret"), error.message);
});

const { model: _model, ...noModel } = VALID;
const { messages: _messages, ...noMessages } = VALID;
const { max_tokens: _maxTokens, ...noLimit } = VALID;
const tool = { name: "find", input_schema: {} };

const BAD: [path: string, body: unknown][] = [
  ["model: ", noModel],
  ["model: ", { ...VALID, model: "" }],
  ["model: ", { ...VALID, model: 5 }],
  ["messages: ", noMessages],
  ["messages: ", { ...VALID, messages: [] }],
  ["messages: ", { ...VALID, messages: "Hi" }],
  ["max_tokens: ", noLimit],
  ["max_tokens: ", { ...VALID, max_tokens: -1 }],
  ["max_tokens: ", { ...VALID, max_tokens: 1.5 }],
  ["max_tokens: ", { ...VALID, max_tokens: "5" }],
  ["max_tokens: ", { ...VALID, max_tokens: null }],
  ["messages.0: ", { ...VALID, messages: ["Hi"] }],
  ["messages.0: ", { ...VALID, messages: [null] }],
  ["messages.0.role: ", { ...VALID, messages: [{ content: "Hi" }] }],
  ["messages.0.role: ", { ...VALID, messages: [{ role: "tool", content: "Hi" }] }],
  ["messages.0.content: ", { ...VALID, messages: [{ role: "user" }] }],
  ["messages.0.content: ", { ...VALID, messages: [{ role: "user", content: 5 }] }],
  ["messages.0.content: ", { ...VALID, messages: [{ role: "user", content: {} }] }],
  ["messages.0.content.0: ", withBlock("Hi")],
  ["messages.0.content.0: ", withBlock({})],
  ["messages.0.content.0: ", withBlock({ type: 5 })],
  ["messages.0.content.0.text: ", withBlock({ type: "text" })],
  ["messages.0.content.0.thinking: ", withBlock({ type: "thinking" })],
  ["messages.0.content.0.data: ", withBlock({ type: "redacted_thinking", data: 5 })],
  ["messages.0.content.0.id: ", withBlock({ type: "tool_use", name: "find" })],
  ["messages.0.content.0.id: ", withBlock({ type: "tool_use", id: "", name: "find" })],
  ["messages.0.content.0.name: ", withBlock({ type: "tool_use", id: "t1" })],
  ["messages.0.content.0.tool_use_id: ", withBlock({ type: "tool_result", content: "x" })],
  [
    "messages.0.content.0.content: ",
    withBlock({ type: "tool_result", tool_use_id: "t", content: 5 }),
  ],
  [
    "messages.0.content.0.content.0: ",
    withBlock({ type: "tool_result", tool_use_id: "t", content: [5] }),
  ],
  ["messages.0.content.0.source: ", withBlock({ type: "image" })],
  ["messages.0.content.0.source.data: ", withBlock({ type: "image", source: { type: "base64" } })],
  ["messages.0.content.0.source.url: ", withBlock({ type: "document", source: { type: "url" } })],
  ["messages.0.content.0.title: ", withBlock({ type: "search_result", source: "s" })],
  ["system: ", { ...VALID, system: 5 }],
  ["system.0: ", { ...VALID, system: ["x"] }],
  ["system.0.text: ", { ...VALID, system: [{ type: "text" }] }],
  ["tools: ", { ...VALID, tools: {} }],
  ["tools.0: ", { ...VALID, tools: ["find"] }],
  ["tools.0.name: ", { ...VALID, tools: [{ input_schema: {} }] }],
  ["tools.0.input_schema: ", { ...VALID, tools: [{ name: "find", input_schema: "x" }] }],
  ["tools.1.name: ", { ...VALID, tools: [tool, tool] }],
  ["tool_choice: ", { ...VALID, tool_choice: "auto" }],
  ["tool_choice.name: ", { ...VALID, tool_choice: { type: "tool" } }],
  ["temperature: ", { ...VALID, temperature: "hot" }],
  ["stream: ", { ...VALID, stream: "yes" }],
  ["stop_sequences: ", { ...VALID, stop_sequences: "END" }],
  ["stop_sequences: ", { ...VALID, stop_sequences: [5] }],
  ["thinking: ", { ...VALID, thinking: true }],
  ["output_config: ", { ...VALID, output_config: [] }],
  ["metadata: ", { ...VALID, metadata: "x" }],
];

BAD.forEach(([path, body], at) => {
  Deno.test(`parseMessagesRequest() names what is wrong (${at}): ${path.slice(0, -2)}`, () => {
    const error = assertThrows(
      () => parseMessagesRequest(JSON.stringify(body)),
      InvalidRequestError,
    );
    assert(error.message.startsWith(path), error.message);
  });
});

const GOOD: { name: string; body: unknown }[] = [
  { name: "the smallest request", body: VALID },
  { name: "a limit of 0", body: { ...VALID, max_tokens: 0 } },
  {
    name: "fields that are null",
    body: {
      ...VALID,
      system: null,
      tools: null,
      stream: null,
      stop_sequences: null,
      thinking: null,
      tool_choice: null,
    },
  },
  { name: "unknown fields", body: { ...VALID, newest: { a: [1] }, temperature: 0.5 } },
  { name: "unknown blocks", body: withBlock({ type: "newest", x: 1 }) },
  {
    name: "tools of Anthropic's, whose type is no custom",
    body: { ...VALID, tools: [{ type: "computer_toolset_20260801" }] },
  },
  {
    name: "a system message in mid-conversation",
    body: { ...VALID, messages: [...VALID.messages, { role: "system", content: "x" }] },
  },
  { name: "an empty result", body: withBlock({ type: "tool_result", tool_use_id: "t" }) },
  {
    name: "an image by file id",
    body: withBlock({ type: "image", source: { type: "file", file_id: "f" } }),
  },
  { name: "empty texts", body: withBlock({ type: "text", text: "" }) },
  { name: "a Claude Code turn", body: claudeCodeTurn() },
];

for (const { name, body } of GOOD) {
  Deno.test(`parseMessagesRequest() takes ${name} as it is`, () => {
    assertEquals<unknown>(parseMessagesRequest(JSON.stringify(body)), body);
  });
}

Deno.test("parseMessagesRequest() needs no max_tokens to count tokens, but a sound one", () => {
  const options = { countTokens: true };
  assertEquals(parseMessagesRequest(JSON.stringify(noLimit), options).model, "m");
  assertThrows(
    () => parseMessagesRequest(JSON.stringify({ ...noLimit, max_tokens: "x" }), options),
    InvalidRequestError,
  );
});

Deno.test("parseMessagesRequest() takes 100,000 messages in little time", () => {
  const message = { role: "user", content: [{ type: "text", text: "Hi" }] };
  const text = JSON.stringify({ ...VALID, messages: Array(100_000).fill(message) });
  const start = performance.now();
  assertEquals(parseMessagesRequest(text).messages.length, 100_000);
  // Some 100 ms on one slow core; a second would be a mistake of another order.
  assertLess(performance.now() - start, 2000);
});

const DEEP: { name: string; text: string }[] = [
  { name: "arrays", text: "[".repeat(200_000) + "]".repeat(200_000) },
  { name: "objects", text: '{"a":'.repeat(100_000) + "1" + "}".repeat(100_000) },
];

for (const { name, text } of DEEP) {
  Deno.test(`parseMessagesRequest() lives through deeply nested ${name}`, () => {
    const body = JSON.stringify(VALID).replace(/}$/, `,"newest":${text}}`);
    assertEquals(parseMessagesRequest(body).model, "m");
    assertThrows(() => parseMessagesRequest(text.slice(0, -1)), InvalidRequestError);
  });
}

Deno.test("parseMessagesRequest() refuses blocks that are nested without end", () => {
  let block: unknown = { type: "text", text: "x" };
  for (let at = 0; at < 5000; at++) {
    block = { type: "tool_result", tool_use_id: "t", content: [block] };
  }
  assertThrows(
    () => parseMessagesRequest(JSON.stringify(withBlock(block))),
    GatewayError,
    "nested too deeply",
  );
});

Deno.test("parseMessagesRequest() keeps a key __proto__ a key", () => {
  const text = JSON.stringify(VALID).replace(/}$/, ',"__proto__":{"stream":true}}');
  const request = parseMessagesRequest(text);
  assertEquals([request.stream, Object.hasOwn(request, "__proto__")], [undefined, true]);
  assertEquals(isObject({}) && "stream" in {}, false);
});

Deno.test("parseMessagesRequest() takes lone surrogates", () => {
  const text = JSON.stringify(VALID).replace("Hi", "\\ud83d");
  assertEquals(parseMessagesRequest(text).messages[0]?.content, "\ud83d");
});
