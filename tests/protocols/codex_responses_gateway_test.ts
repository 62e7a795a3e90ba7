import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { isObject, type JsonObject } from "../../src/json.ts";
import { assertEventOrder } from "../support/events.ts";
import { events, FakeUpstream, json, type Script, silence } from "../support/fake_upstream.ts";
import { ask, askStream, type Gateway, startGateway, targets } from "../support/server_gateway.ts";
import {
  added,
  call,
  completed,
  done,
  message,
  reasoning,
  text,
} from "../translators/codex_responses/events.ts";
import { WEATHER } from "../translators/codex_responses/requests.ts";

/** A gateway with one target of the mode; more lines go below it. */
function gatewayTo(upstream: FakeUpstream, lines: readonly string[] = []): Promise<Gateway> {
  return startGateway(targets({
    gpt: ["api_mode: responses", `base_url: ${upstream.url}/v1`, "model: gpt-5.2", ...lines],
  }));
}

const OPENAI = ["provider: openai"];
const ANSWER = { id: "resp_1", status: "completed", output: [message("Hi")], usage: {} };

/** The items that a call sent. */
function inputOf(sent: { readonly json: JsonObject }): readonly JsonObject[] {
  return Array.isArray(sent.json.input) ? sent.json.input.filter(isObject) : [];
}

/** Asks once, and returns what the client would send with its next question. */
async function firstTurn(gateway: Gateway, upstream: FakeUpstream): Promise<JsonObject[]> {
  upstream.play(events([
    done(0, reasoning(["Sum"], "STATE")),
    done(1, call("a", '{"city":"Oslo"}')),
    completed(),
  ]));
  const response = await gateway.post("/gpt/v1/messages", ask("weather", { tools: [WEATHER] }));
  const { content } = await response.json();
  return [
    { role: "user", content: "weather" },
    { role: "assistant", content },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "call_a", content: "rain" }] },
  ];
}

const REFUSALS: readonly {
  readonly name: string;
  readonly status: number;
  readonly error: JsonObject;
}[] = [
  {
    name: "cannot be verified",
    status: 400,
    error: {
      message: "The encrypted content gAAA... could not be verified.",
      code: "invalid_encrypted_content",
    },
  },
  {
    name: "is not found",
    status: 404,
    error: { message: "Item with id 'rs_0a1b' not found." },
  },
  {
    name: "misses its item",
    status: 400,
    error: {
      message: "Item of type 'reasoning' was provided without its required following item.",
    },
  },
];

for (const { name, status, error } of REFUSALS) {
  Deno.test(`reasoning that ${name} stays behind in one more try`, async () => {
    await using upstream = new FakeUpstream();
    await using gateway = await gatewayTo(upstream);
    const messages = await firstTurn(gateway, upstream);
    upstream.play(json({ error }, { status }), json(ANSWER));
    const response = await gateway.post("/gpt/v1/messages", ask("", { messages }));
    assertEquals(response.status, 200);
    await response.body?.cancel();
    const [, refused, asked] = upstream.calls;
    assert(refused && asked && upstream.calls.length === 3);
    const types = (items: readonly JsonObject[]) => items.map(({ type }) => type);
    assertEquals(types(inputOf(refused)).includes("reasoning"), true);
    assertEquals(
      types(inputOf(asked)),
      types(inputOf(refused)).filter((type) => type !== "reasoning"),
    );
  });
}

Deno.test("a refusal that stays is told after one more try", async () => {
  await using upstream = new FakeUpstream();
  await using gateway = await gatewayTo(upstream);
  const messages = await firstTurn(gateway, upstream);
  upstream.play(json({ error: { message: "encrypted content is not for you" } }, { status: 400 }));
  const response = await gateway.post("/gpt/v1/messages", askStream("", { messages }));
  assertEquals(response.status, 400);
  assertEquals((await response.json()).error.type, "invalid_request_error");
  assertEquals(upstream.calls.length, 3);
});

Deno.test("a refusal that is not about reasoning is told at once", async () => {
  await using upstream = new FakeUpstream();
  await using gateway = await gatewayTo(upstream);
  const messages = await firstTurn(gateway, upstream);
  upstream.play(json({ error: { message: "No such model" } }, { status: 400 }));
  const response = await gateway.post("/gpt/v1/messages", ask("", { messages }));
  await response.body?.cancel();
  assertEquals([response.status, upstream.calls.length], [400, 2]);
});

Deno.test("an error in a stream before its first item is a real status", async () => {
  const error = { type: "insufficient_quota", code: "insufficient_quota", message: "No money" };
  await using upstream = new FakeUpstream(events([
    { type: "response.created", response: { id: "r" } },
    { type: "error", error },
    { type: "response.failed", response: { status: "failed", error } },
  ]));
  await using gateway = await gatewayTo(upstream);
  const response = await gateway.post("/gpt/v1/messages", askStream());
  assertEquals(response.status, 402);
  assertEquals((await response.json()).error.type, "billing_error");
});

Deno.test("an error in a stream behind its first item is an event", async () => {
  await using upstream = new FakeUpstream(events([
    added(0, message("")),
    text(0, "Hi"),
    { type: "error", code: "server_error", message: "Sorry" },
  ]));
  await using gateway = await gatewayTo(upstream);
  const response = await gateway.post("/gpt/v1/messages", askStream());
  assertEquals(response.status, 200);
  assertEquals(assertEventOrder(await response.text()).at(-1)?.name, "error");
});

/** Says a stop sequence, and goes on until the caller has gone. */
const talkative: Script = async (call) => {
  await call.begin();
  await call.send(text(0, "One ST"));
  await call.send(text(0, "OP two"));
  await call.closed;
};

for (const stream of [true, false]) {
  Deno.test(`a stop sequence ends the upstream's answer too (stream: ${stream})`, async () => {
    await using upstream = new FakeUpstream(talkative);
    await using gateway = await gatewayTo(upstream);
    const body = ask("", { messages: ask().messages, stop_sequences: ["STOP"], stream });
    const response = await gateway.post("/gpt/v1/messages", body);
    const answer = await response.text();
    assertStringIncludes(answer, '"stop_sequence":"STOP"');
    assertStringIncludes(answer, '"One "');
    assert(!answer.includes("two"));
    await upstream.call.closed;
    assertEquals(upstream.call.json.stream, true);
  });
}

Deno.test("count_tokens asks the upstream with the fields that it takes", async () => {
  await using upstream = new FakeUpstream(
    json({ object: "response.input_tokens", input_tokens: 4711 }),
  );
  await using gateway = await gatewayTo(upstream, OPENAI);
  const { max_tokens: _, ...body } = ask("Hi", { tools: [WEATHER], stop_sequences: ["X"] });
  const response = await gateway.post("/gpt/v1/messages/count_tokens", body);
  assertEquals(await response.json(), { input_tokens: 4711 });
  assertEquals(upstream.call.path, "/v1/responses/input_tokens");
  assertEquals(
    Object.keys(upstream.call.json).sort(),
    ["input", "model", "parallel_tool_calls", "tools"],
  );
});

const UNCOUNTED: readonly { readonly name: string; readonly script: Script }[] = [
  { name: "has no such endpoint", script: json({ error: { message: "no" } }, { status: 404 }) },
  { name: "answers something else", script: json({ tokens: 1 }) },
];

for (const { name, script } of UNCOUNTED) {
  Deno.test(`count_tokens estimates where the upstream ${name}`, async () => {
    await using upstream = new FakeUpstream(script);
    await using gateway = await gatewayTo(upstream, OPENAI);
    const response = await gateway.post("/gpt/v1/messages/count_tokens", ask());
    const { input_tokens: tokens } = await response.json();
    assert(tokens > 0 && tokens < 100, String(tokens));
    assertEquals(upstream.calls.length, 1);
  });
}

Deno.test("count_tokens asks a server that has no such endpoint once", async () => {
  await using upstream = new FakeUpstream(json({ error: { message: "no" } }, { status: 404 }));
  await using gateway = await gatewayTo(upstream);
  for (let turn = 0; turn < 3; turn++) {
    const response = await gateway.post("/gpt/v1/messages/count_tokens", ask());
    assert((await response.json()).input_tokens > 0);
  }
  assertEquals(upstream.calls.length, 1);
});

Deno.test("count_tokens estimates where the upstream takes longer than three seconds", async () => {
  await using upstream = new FakeUpstream(silence);
  await using gateway = await gatewayTo(upstream, OPENAI);
  const start = performance.now();
  const response = await gateway.post("/gpt/v1/messages/count_tokens", ask());
  assert((await response.json()).input_tokens > 0);
  assert(performance.now() - start < 20_000);
  await upstream.call.closed;
});

Deno.test("the Codex backend is streamed for a client that is not, and told the session", async () => {
  await using upstream = new FakeUpstream(events([text(0, "Hi"), completed()]));
  await using gateway = await gatewayTo(upstream, ["provider: codex"]);
  const response = await gateway.post("/gpt/v1/messages", ask("Hi", { temperature: 1 }), {
    headers: { "x-claude-code-session-id": "6f1d" },
  });
  assertEquals((await response.json()).content[0].text, "Hi");
  const { call } = upstream;
  assertEquals(call.json.stream, true);
  assertEquals(call.json.instructions, "");
  assertEquals(call.headers.get("accept"), "text/event-stream");
  assertMatch(String(call.json.prompt_cache_key), /^[0-9a-f]{32}$/);
  assertEquals(call.headers.get("session_id"), call.json.prompt_cache_key);
  for (const field of ["max_output_tokens", "temperature", "safety_identifier"]) {
    assert(!(field in call.json), field);
  }
});

Deno.test("a parameter that an unknown server refuses is left out from then on", async () => {
  await using upstream = new FakeUpstream(
    json({ error: { message: "Unknown parameter: 'include'." } }, { status: 400 }),
    json(ANSWER),
  );
  await using gateway = await gatewayTo(upstream);
  for (let turn = 0; turn < 2; turn++) {
    const response = await gateway.post("/gpt/v1/messages", ask());
    assertEquals((await response.json()).stop_reason, "end_turn");
  }
  assertEquals(upstream.calls.map((one) => "include" in one.json), [true, false, false]);
});
