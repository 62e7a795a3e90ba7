import { assert, assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import { chatCompletionsDemo } from "../../src/demo/chat_completions.ts";
import { callDemo, type DemoReply, payloads } from "./demo_calls.ts";

const HI = [{ role: "user", content: "hi there" }];
const TOOL = {
  type: "function",
  function: { name: "get_time", parameters: { type: "object", properties: {} } },
};
const CALL = { id: "call_1", type: "function", function: { name: "get_time", arguments: "{}" } };

function complete(body: unknown): Promise<DemoReply | undefined> {
  return callDemo(chatCompletionsDemo, "/v1/chat/completions", { body });
}

const REFUSED: { name: string; body: Record<string, unknown> | null; want: RegExp }[] = [
  { name: "no JSON", body: null, want: /could not parse the JSON/ },
  { name: "no model", body: { messages: HI }, want: /must provide a model/ },
  { name: "no messages", body: { model: "m" }, want: /Missing required parameter: 'messages'/ },
  { name: "no message", body: { model: "m", messages: [] }, want: /empty array/ },
  {
    name: "a role of another API",
    body: { model: "m", messages: [{ role: "human", content: "" }] },
    want: /role/,
  },
  {
    name: "no content",
    body: { model: "m", messages: [{ role: "user" }] },
    want: /messages\[0\].content/,
  },
  {
    name: "a part of another API",
    body: { model: "m", messages: [{ role: "user", content: [{ type: "image" }] }] },
    want: /messages\[0\].content\[0\]/,
  },
  {
    name: "a result without its call",
    body: { model: "m", messages: [...HI, { role: "tool", tool_call_id: "x", content: "" }] },
    want: /must be a response to a preceding message/,
  },
  {
    name: "a call without its result",
    body: { model: "m", messages: [{ role: "assistant", tool_calls: [CALL] }, ...HI] },
    want: /did not have response messages: call_1/,
  },
  {
    name: "a field of another API",
    body: { model: "m", messages: HI, system: "x" },
    want: /Unrecognized.*system/,
  },
  { name: "no tokens", body: { model: "m", messages: HI, max_tokens: 0 }, want: /max_tokens/ },
  {
    name: "too many stops",
    body: { model: "m", messages: HI, stop: ["1", "2", "3", "4", "5"] },
    want: /'stop'/,
  },
  {
    name: "stream options without a stream",
    body: { model: "m", messages: HI, stream_options: { include_usage: true } },
    want: /only allowed when 'stream'/,
  },
  {
    name: "a tool of another API",
    body: { model: "m", messages: HI, tools: [{ name: "f", input_schema: {} }] },
    want: /tools\[0\].type/,
  },
  {
    name: "a tool's name that is too long",
    body: {
      model: "m",
      messages: HI,
      tools: [{ type: "function", function: { name: "x".repeat(65) } }],
    },
    want: /tools\[0\].function.name/,
  },
  {
    name: "a forced tool without tools",
    body: { model: "m", messages: HI, tool_choice: "required" },
    want: /only allowed when 'tools'/,
  },
];

for (const { name, body, want } of REFUSED) {
  Deno.test(`demo chat completions refuse ${name} in OpenAI's words`, async () => {
    const reply = await complete(body);
    assertEquals(reply?.status, 400);
    const error = reply?.body.error as Record<string, unknown>;
    assertMatch(String(error.message), want);
    assertEquals(Object.keys(error), ["message", "type", "param", "code"]);
  });
}

Deno.test("demo chat completions answer whole", async () => {
  const reply = await complete({ model: "m", messages: HI });
  assertEquals(reply?.status, 200);
  assertObjectMatch(reply?.body ?? {}, { object: "chat.completion", model: "m" });
  const [choice] = reply?.body.choices as { message: { content: string }; finish_reason: string }[];
  assert(choice?.message.content.includes('"hi there"'));
  assertEquals(choice?.finish_reason, "stop");
  const usage = reply?.body.usage as Record<string, number>;
  assertEquals(usage.total_tokens, (usage.prompt_tokens ?? 0) + (usage.completion_tokens ?? 0));
});

interface Delta {
  readonly content?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly { readonly function: { readonly arguments: string } }[];
}

interface Chunk {
  readonly choices: readonly { readonly delta: Delta; readonly finish_reason: string | null }[];
  readonly usage?: Record<string, number> | null;
}

async function stream(
  body: Record<string, unknown>,
): Promise<{ events: readonly string[]; chunks: Chunk[] }> {
  const reply = await complete({ model: "m", messages: HI, stream: true, ...body });
  const events = reply?.events ?? [];
  return { events, chunks: payloads(events) as unknown as Chunk[] };
}

Deno.test("demo chat completions stream the same text in small pieces", async () => {
  const { events, chunks } = await stream({ reasoning_effort: "low" });
  assertEquals(events.at(-1), "data: [DONE]\n\n");
  const deltas = chunks.map(({ choices }) => choices[0]?.delta ?? {});
  const text = deltas.map(({ content }) => content ?? "").join("");
  const thinking = deltas.map(({ reasoning_content }) => reasoning_content ?? "").join("");
  const whole = await complete({ model: "m", messages: HI, reasoning_effort: "low" });
  const [choice] = whole?.body.choices as { message: Record<string, unknown> }[];
  assertEquals([text, thinking], [choice?.message.content, choice?.message.reasoning_content]);
  assertEquals(chunks.at(-1)?.choices[0]?.finish_reason, "stop");
  assertEquals("usage" in (chunks[0] ?? {}), false);
  assert(chunks.length > 10);
});

Deno.test("demo chat completions tell usage in a last chunk without choices", async () => {
  const { chunks } = await stream({ stream_options: { include_usage: true } });
  assertEquals(chunks[0]?.usage, null);
  assertEquals(chunks.at(-1)?.choices, []);
  assert((chunks.at(-1)?.usage?.completion_tokens ?? 0) > 0);
});

Deno.test("demo chat completions stream a call's arguments in pieces", async () => {
  const parameters = { type: "object", properties: { q: {} }, required: ["q"] };
  const tools = [{ type: "function", function: { name: "find", parameters } }];
  const messages = [{ role: "user", content: "find me a word" }];
  const { chunks } = await stream({ messages, tools });
  const calls = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
  const json = calls.map(({ function: { arguments: piece } }) => piece).join("");
  assertEquals(JSON.parse(json), { q: "find me a word" });
  assertEquals(chunks.at(-1)?.choices[0]?.finish_reason, "tool_calls");
});

Deno.test("demo chat completions quote what a tool answered", async () => {
  const messages = [
    { role: "user", content: "get_time" },
    { role: "assistant", content: null, tool_calls: [CALL] },
    { role: "tool", tool_call_id: "call_1", content: "noon" },
  ];
  const reply = await complete({ model: "m", messages, tools: [TOOL] });
  const [choice] = reply?.body.choices as { message: { content: string } }[];
  assert(choice?.message.content.includes('"noon"'));
});

Deno.test("demo chat completions list their model", async () => {
  const reply = await callDemo(chatCompletionsDemo, "/v1/models");
  assertObjectMatch(reply?.body ?? {}, { object: "list", data: [{ id: "switchyard-demo" }] });
});

Deno.test("demo chat completions leave other paths alone", async () => {
  assertEquals(await callDemo(chatCompletionsDemo, "/v1/messages", { body: {} }), undefined);
});

Deno.test("the demo's chat API has no model that says it does not exist", async () => {
  const reply = await complete({ model: "no-such-model-1", messages: HI });
  assertEquals(reply?.status, 404);
  assertObjectMatch(reply?.body ?? {}, { error: { code: "model_not_found" } });
});

Deno.test("the demo's chat API tells what it sees, and what the system says later", async () => {
  const url = `data:image/png;base64,${btoa("\x89PNG\r\n\x1a\n\0\0\0\rIHDRPLTE\0\0\xff")}`;
  const messages = [
    { role: "system", content: "first" },
    { role: "user", content: [{ type: "image_url", image_url: { url } }] },
    { role: "developer", content: "later" },
  ];
  const said = JSON.stringify((await complete({ model: "m", messages }))?.body);
  assert(said.includes("I see a blue picture."), said);
  assert(said.includes("later") && !said.includes("first"), said);
});
