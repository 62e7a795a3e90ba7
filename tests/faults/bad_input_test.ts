import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FakeUpstream, json } from "../support/fake_upstream.ts";
import { completion } from "../support/server_chat.ts";
import { errorOf } from "../support/server_client.ts";
import { ask, startGateway, targets } from "../support/server_gateway.ts";

const OBJECT = '{"type":"object","properties":{"a":';

/** A schema so many levels deep. */
function nested(levels: number): string {
  return `${OBJECT.repeat(levels)}{}${"}}".repeat(levels)}`;
}

function withSchema(levels: number): string {
  return JSON.stringify(ask("hi", { tools: [{ name: "t", input_schema: "SCHEMA" }] }))
    .replace('"SCHEMA"', nested(levels));
}

function withInput(levels: number): string {
  const use = { type: "tool_use", id: "t1", name: "t", input: "INPUT" };
  const messages = [
    { role: "user", content: "hi" },
    { role: "assistant", content: [use] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "x" }] },
  ];
  return JSON.stringify(ask("hi", { messages }))
    .replace('"INPUT"', `{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`);
}

const message = (content: unknown) => ask("hi", { messages: [{ role: "user", content }] });

/** Bodies that no target could serve. */
const REFUSED: { name: string; body: unknown }[] = [
  { name: "no JSON", body: "{" },
  { name: "an empty body", body: "" },
  { name: "a word", body: "hello" },
  { name: "JSON and more", body: "{} {}" },
  { name: "a list", body: "[]" },
  { name: "null", body: "null" },
  { name: "a string", body: '"x"' },
  { name: "a number", body: "1" },
  { name: "an empty object", body: {} },
  { name: "no model", body: { max_tokens: 1, messages: [{ role: "user", content: "x" }] } },
  { name: "a model that is no string", body: ask("x", { model: 5 }) },
  { name: "no messages", body: ask("x", { messages: undefined }) },
  { name: "messages that are empty", body: ask("x", { messages: [] }) },
  { name: "messages that are an object", body: ask("x", { messages: {} }) },
  { name: "a message that is null", body: ask("x", { messages: [null] }) },
  { name: "a message without a role", body: ask("x", { messages: [{ content: "x" }] }) },
  { name: "content that is a number", body: message(5) },
  { name: "content that is null", body: message(null) },
  { name: "a block that is a string", body: message(["x"]) },
  { name: "a block without a type", body: message([{ text: "x" }]) },
  { name: "a text block without text", body: message([{ type: "text" }]) },
  { name: "an image without a source", body: message([{ type: "image" }]) },
  { name: "no max_tokens", body: ask("x", { max_tokens: undefined }) },
  { name: "max_tokens below zero", body: ask("x", { max_tokens: -1 }) },
  { name: "max_tokens that is a string", body: ask("x", { max_tokens: "5" }) },
  { name: "max_tokens that is a fraction", body: ask("x", { max_tokens: 1.5 }) },
  { name: "stream that is a string", body: ask("x", { stream: "yes" }) },
  { name: "system that is a number", body: ask("x", { system: 5 }) },
  { name: "tools that are an object", body: ask("x", { tools: {} }) },
  { name: "a tool that is null", body: ask("x", { tools: [null] }) },
  {
    name: "two tools of one name",
    body: ask("x", { tools: [{ name: "a", input_schema: {} }, { name: "a", input_schema: {} }] }),
  },
  { name: "stop_sequences that are a string", body: ask("x", { stop_sequences: "x" }) },
  { name: "a temperature that is a list", body: ask("x", { temperature: [1] }) },
  { name: "thinking that is a string", body: ask("x", { thinking: "yes" }) },
];

/** Bodies that are large or strange, and served all the same. */
const SERVED: { name: string; body: () => unknown; only?: readonly string[] }[] = [
  {
    name: "100,000 messages",
    body: () =>
      ask("x", {
        messages: Array.from({ length: 100_000 }, (_, at) => ({
          role: at % 2 === 0 ? "user" : "assistant",
          content: `message ${at}`,
        })),
      }),
  },
  {
    name: "a tool result of 10 MB",
    body: () =>
      ask("x", {
        messages: [
          { role: "user", content: "x" },
          { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "t", input: {} }] },
          {
            role: "user",
            content: [{ type: "tool_result", tool_use_id: "t1", content: "x".repeat(10_000_000) }],
          },
        ],
      }),
  },
  { name: "a schema of 100 levels", body: () => withSchema(100) },
  { name: "a tool's input of 1,990 levels", body: () => withInput(1_990) },
  {
    name: "a tool named __proto__, with such keys in its schema and input",
    body: () =>
      JSON.stringify(ask("x", {
        tools: [{ name: "PROTO", input_schema: { type: "object", properties: { PROTO: {} } } }],
        messages: [
          { role: "user", content: "x" },
          {
            role: "assistant",
            content: [{ type: "tool_use", id: "PROTO", name: "PROTO", input: { PROTO: 1 } }],
          },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "PROTO", content: "x" }] },
        ],
      })).replaceAll("PROTO", "__proto__"),
  },
  { name: "lone surrogates", body: () => ask("a\ud800b", { system: "\udc00" }) },
  { name: "control characters", body: () => ask("\u0000\u0001\u001b[31m") },
  { name: "a model of 100,000 characters", body: () => ask("x", { model: "m".repeat(100_000) }) },
  { name: "unknown fields", body: () => ask("x", { future: { deep: [1] } }) },
];

function config(url: string): string {
  return targets({
    chat: ["api_mode: chat_completions", `base_url: ${url}/v1`],
    relay: ["api_mode: anthropic_messages", `base_url: ${url}`],
  });
}

for (const { name, body } of REFUSED) {
  Deno.test(`${name} is answered with 400, and the next request is served`, async () => {
    await using upstream = new FakeUpstream(json(completion("ok")));
    await using gateway = await startGateway(config(upstream.url));
    for (const path of ["/chat/v1/messages", "/relay/v1/messages", "/v1/messages"]) {
      const response = await gateway.post(path, body);
      const answer = await response.json();
      assertEquals([path, response.status, errorOf(answer).type], [
        path,
        400,
        "invalid_request_error",
      ]);
      assert(errorOf(answer).message.length > 0);
    }
    assertEquals(upstream.calls.length, 0);
    const next = await gateway.post("/chat/v1/messages", ask());
    assertEquals(next.status, 200);
    await next.body?.cancel();
    assert(!gateway.log().includes("Internal error"), gateway.log());
  });
}

for (const { name, body } of SERVED) {
  Deno.test(`${name} is served`, async () => {
    await using upstream = new FakeUpstream(json(completion("ok")));
    await using gateway = await startGateway(config(upstream.url));
    const text = body();
    for (const path of ["/chat/v1/messages", "/chat/v1/messages/count_tokens"]) {
      const response = await gateway.post(path, text);
      const answer = await response.text();
      assertEquals(response.status, 200, answer.slice(0, 500));
    }
    assert(!upstream.call.text.includes("\\ud800"));
    // The relay's upstream is none here: only what goes out counts.
    await (await gateway.post("/relay/v1/messages", text)).body?.cancel();
    assertEquals(upstream.calls.length, 2);
    assert(!gateway.log().includes("Internal error"), gateway.log().slice(0, 2000));
  });
}

/** Bodies deeper than any that makes sense, to the point where `JSON.stringify` takes minutes. */
const DEEP: { name: string; body: () => string }[] = [
  { name: "a schema of 3,000 levels", body: () => withSchema(3_000) },
  { name: "a schema of 100,000 levels", body: () => withSchema(100_000) },
  { name: "a tool's input of 2,000 levels", body: () => withInput(2_000) },
  { name: "a tool's input of 100,000 levels", body: () => withInput(100_000) },
  { name: "a tool's input of 5,000,000 levels", body: () => withInput(5_000_000) },
];

for (const { name, body } of DEEP) {
  Deno.test(`${name} is answered with 400 at once, and the next request is served`, async () => {
    await using upstream = new FakeUpstream(json(completion("ok")));
    await using gateway = await startGateway(config(upstream.url));
    const text = body();
    for (const path of ["/chat/v1/messages", "/relay/v1/messages/count_tokens"]) {
      const start = performance.now();
      const response = await gateway.post(path, text);
      const answer = await response.json();
      assertEquals(response.status, 400);
      assertStringIncludes(errorOf(answer).message, "nested too deep");
      assert(performance.now() - start < 2_000);
    }
    const next = await gateway.post("/chat/v1/messages", ask());
    assertEquals(next.status, 200);
    await next.body?.cancel();
  });
}

for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
  Deno.test(`a target or model named ${name} is unknown`, async () => {
    await using gateway = await startGateway(config("http://127.0.0.1:9"));
    for (
      const [path, body] of [
        [`/${name}/v1/messages`, ask()],
        ["/v1/messages", ask("x", { model: name })],
        ["/v1/messages", ask("x", { model: `anthropic/${name}` })],
      ] as const
    ) {
      const response = await gateway.post(path, body);
      assertEquals(response.status, 404);
      assertEquals(errorOf(await response.json()).type, "not_found_error");
    }
  });
}
