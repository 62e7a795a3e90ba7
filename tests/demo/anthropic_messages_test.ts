import { assert, assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import { StreamTracker } from "../../src/anthropic/stream_tracker.ts";
import { anthropicMessagesDemo } from "../../src/demo/anthropic_messages.ts";
import { callDemo, type DemoReply, payloads } from "./demo_calls.ts";

const HI = [{ role: "user", content: "hi there" }];
const VERSION = { "anthropic-version": "2023-06-01" };
const USE = { type: "tool_use", id: "toolu_1", name: "get_time", input: {} };

function send(
  body: unknown,
  { path = "/v1/messages", headers = VERSION }: { path?: string; headers?: HeadersInit } = {},
): Promise<DemoReply | undefined> {
  return callDemo(anthropicMessagesDemo, path, { body, headers });
}

function sent(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "m", max_tokens: 1000, messages: HI, ...fields };
}

const REFUSED: { name: string; body: unknown; headers?: HeadersInit; want: RegExp }[] = [
  { name: "no version", body: sent(), headers: {}, want: /anthropic-version: header is required/ },
  { name: "no JSON", body: null, want: /not valid JSON/ },
  { name: "no model", body: sent({ model: undefined }), want: /model: Field required/ },
  { name: "no messages", body: sent({ messages: undefined }), want: /messages: Field required/ },
  { name: "no message", body: sent({ messages: [] }), want: /at least one message/ },
  { name: "no max_tokens", body: sent({ max_tokens: undefined }), want: /max_tokens: Field/ },
  { name: "no content", body: sent({ messages: [{ role: "user" }] }), want: /messages.0.content/ },
  {
    name: "a role of another API",
    body: sent({ messages: [{ role: "tool", content: "x" }] }),
    want: /messages.0.role/,
  },
  {
    name: "a budget that max_tokens does not cover",
    body: sent({ thinking: { type: "enabled", budget_tokens: 1000 } }),
    want: /must be greater than `thinking.budget_tokens`/,
  },
  {
    name: "an empty text",
    body: sent({ messages: [{ role: "user", content: [{ type: "text", text: "" }] }] }),
    want: /must be non-empty/,
  },
  {
    name: "a signature that is not its own",
    body: sent({
      messages: [{
        role: "assistant",
        content: [{ type: "thinking", thinking: "x", signature: "sy1.x" }],
      }],
    }),
    want: /Invalid `signature` in `thinking` block/,
  },
  {
    name: "redacted thinking, which it never makes",
    body: sent({
      messages: [{ role: "assistant", content: [{ type: "redacted_thinking", data: "sy1.x" }] }],
    }),
    want: /Invalid `data`/,
  },
  {
    name: "a call without its result",
    body: sent({ messages: [{ role: "assistant", content: [USE] }, ...HI] }),
    want: /without `tool_result` blocks immediately after: toolu_1/,
  },
  {
    name: "a result without its call",
    body: sent({
      messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "x" }] }],
    }),
    want: /unexpected `tool_use_id`/,
  },
  {
    name: "a tool without a name",
    body: sent({ tools: [{ type: "function" }] }),
    want: /tools.0.name/,
  },
];

for (const { name, body, headers = VERSION, want } of REFUSED) {
  Deno.test(`demo messages refuse ${name} in Anthropic's words`, async () => {
    const reply = await send(body, { headers });
    assertEquals(reply?.status, 400);
    assertObjectMatch(reply?.body ?? {}, {
      type: "error",
      error: { type: "invalid_request_error" },
    });
    assertMatch((reply?.body.error as { message: string }).message, want);
  });
}

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly input?: unknown;
}

function content(reply: DemoReply | undefined): readonly Block[] {
  return reply?.body.content as Block[];
}

Deno.test("demo messages answer whole", async () => {
  const reply = await send(sent());
  assertObjectMatch(reply?.body ?? {}, { type: "message", model: "m", stop_reason: "end_turn" });
  assert(content(reply)[0]?.text?.includes('"hi there"'));
});

Deno.test("demo messages take back the thinking they signed, and no other text", async () => {
  const first = await send(sent({ thinking: { type: "adaptive" } }));
  const blocks = content(first);
  assertEquals(blocks.map(({ type }) => type), ["thinking", "text"]);
  const messages = [...HI, { role: "assistant", content: blocks }, ...HI];
  assertEquals((await send(sent({ messages })))?.status, 200);
  const edited = blocks.map((block) => block.thinking ? { ...block, thinking: "other" } : block);
  const changed = [...HI, { role: "assistant", content: edited }, ...HI];
  assertEquals((await send(sent({ messages: changed })))?.status, 400);
});

Deno.test("demo messages hide thinking that is not to be shown", async () => {
  const reply = await send(sent({ thinking: { type: "adaptive", display: "omitted" } }));
  assertEquals(content(reply)[0]?.thinking, "");
  assert(content(reply)[0]?.signature);
});

Deno.test("demo messages say nothing when max_tokens is zero", async () => {
  const reply = await send(sent({ max_tokens: 0 }));
  assertObjectMatch(reply?.body ?? {}, { content: [], stop_reason: "max_tokens" });
});

Deno.test("demo messages stream what they would answer whole", async () => {
  const request = sent({
    thinking: { type: "adaptive" },
    messages: [{ role: "user", content: "get_time `now`" }],
    tools: [{ name: "get_time", input_schema: { properties: { at: {} }, required: ["at"] } }],
  });
  const reply = await send({ ...request, stream: true });
  const tracker = new StreamTracker();
  for (const event of reply?.events ?? []) tracker.push(new TextEncoder().encode(event));
  assert(tracker.started && tracker.finished && tracker.atBoundary);
  const events = payloads(reply?.events ?? []);
  const types = events.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1]);
  assertEquals(types, [
    "message_start",
    "ping",
    ...["content_block_start", "content_block_delta", "content_block_stop"],
    ...["content_block_start", "content_block_delta", "content_block_stop"],
    "message_delta",
    "message_stop",
  ]);
  const deltas = events.flatMap(({ delta }) => delta ? [delta as Record<string, string>] : []);
  const whole = content(await send(request));
  assertEquals(deltas.map(({ thinking = "" }) => thinking).join(""), whole[0]?.thinking);
  assertEquals(deltas.find(({ signature }) => signature)?.signature, whole[0]?.signature);
  const json = deltas.map(({ partial_json = "" }) => partial_json).join("");
  assertEquals(JSON.parse(json), whole[1]?.input);
  assertEquals(events.at(-2)?.usage, (await send(request))?.body.usage);
});

Deno.test("demo messages count tokens without max_tokens", async () => {
  const reply = await send({ model: "m", messages: HI }, { path: "/v1/messages/count_tokens" });
  assertEquals(reply?.status, 200);
  assert((reply?.body.input_tokens as number) > 0);
});

Deno.test("demo messages list their model for clients that name a version", async () => {
  const path = "/v1/models";
  const list = await callDemo(anthropicMessagesDemo, path, { headers: VERSION });
  assertObjectMatch(list?.body ?? {}, {
    data: [{ type: "model", id: "switchyard-demo" }],
    has_more: false,
  });
  assertEquals(await callDemo(anthropicMessagesDemo, path), undefined);
  const one = await callDemo(anthropicMessagesDemo, `${path}/switchyard-demo`, {
    headers: VERSION,
  });
  assertEquals(one?.body.id, "switchyard-demo");
});

Deno.test("the demo's Messages API has no model that says it does not exist", async () => {
  const reply = await send(sent({ model: "no-such-model-1" }));
  assertEquals(reply?.status, 404);
  assertObjectMatch(reply?.body ?? {}, { error: { type: "not_found_error" } });
});
