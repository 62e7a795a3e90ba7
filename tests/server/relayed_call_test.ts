import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  bytes,
  events,
  FakeUpstream,
  json,
  pieces,
  type Script,
} from "../support/fake_upstream.ts";
import { errorOf, EventReader, textOf, types } from "../support/server_client.ts";
import { ask, askStream, relayTarget, startGateway, targets } from "../support/server_gateway.ts";

const MESSAGE = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-x",
  content: [{ type: "text", text: "hi" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 3, cache_read_input_tokens: 4, output_tokens: 2 },
};

const START = 'event: message_start\ndata: {"type":"message_start","message":{"usage":{}}}\n\n';
const STOP = 'event: message_stop\ndata: {"type":"message_stop"}\n\n';

/** A body as no serialiser would write it. */
const ODD_REQUEST =
  '\r\n{ "messages" :[{"role":"user","content":"\\u0068i\\ud83d"}],\t"model":"claude-x"' +
  ',\r\n  "max_tokens":1e1 , "unknown":{"b":1.0,"a":[ ]},"stream":false }\n ';

Deno.test("a relayed request and its answer pass byte for byte", async () => {
  const odd = `\uFEFF \r\n${JSON.stringify(MESSAGE, null, 3)} \r\n`;
  await using upstream = new FakeUpstream(
    json(odd, { headers: { "content-type": "application/json", "request-id": "req_up" } }),
  );
  await using gateway = await startGateway(relayTarget(upstream.url));
  const response = await gateway.post("/relay/v1/messages?beta=true&x=%20", ODD_REQUEST);
  assertEquals(new Uint8Array(await response.arrayBuffer()), new TextEncoder().encode(odd));
  assertEquals(upstream.call.text, ODD_REQUEST);
  assertEquals(upstream.call.path, "/v1/messages?beta=true&x=%20");
  assertEquals(response.headers.get("x-switchyard-upstream-request-id"), "req_up");
  assertStringIncludes(response.headers.get("request-id") ?? "", "req_");
  const record = await gateway.access(response);
  assertEquals([record.input_tokens, record.output_tokens], [7, 2]);
});

Deno.test("a relayed stream passes byte for byte", async () => {
  const odd = START.replaceAll("\n", "\r\n") + ": comment\r\n\r\n" +
    'event:content_block_delta\ndata:{"type":"content_block_delta" , "new":true}\n\n' +
    "event: future_event\rdata: {}\r\r" + "id: 7\nretry: 3\n\n" + STOP;
  const cut = Math.floor(odd.length / 3);
  await using upstream = new FakeUpstream(
    pieces([odd.slice(0, 1), odd.slice(1, cut), odd.slice(cut)]),
  );
  await using gateway = await startGateway(relayTarget(upstream.url));
  const response = await gateway.post("/relay/v1/messages", askStream());
  assertEquals(await response.text(), odd);
});

Deno.test("a renamed model is all that changes in a relayed body", async () => {
  await using upstream = new FakeUpstream(json(MESSAGE));
  await using gateway = await startGateway(relayTarget(upstream.url, ["model: claude-y"]));
  await (await gateway.post("/relay/v1/messages", ODD_REQUEST)).body?.cancel();
  assertEquals(upstream.call.text, ODD_REQUEST.replace("claude-x", "claude-y"));
});

for (const suffix of ["", "/", "/v1", "/v1/"]) {
  Deno.test(`a relay with base_url ending in '${suffix}' asks /v1/messages`, async () => {
    await using upstream = new FakeUpstream(json(MESSAGE));
    await using gateway = await startGateway(relayTarget(upstream.url + suffix));
    await (await gateway.post("/relay/v1/messages", ask())).body?.cancel();
    assertEquals(upstream.call.path, "/v1/messages");
  });
}

Deno.test("a relay forwards what Claude Code sends about itself, and nothing else", async () => {
  await using upstream = new FakeUpstream(json(MESSAGE));
  await using gateway = await startGateway(relayTarget(upstream.url, ["api_key: sk-ant-01234567"]));
  const kept = {
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "a-2025,b-2026",
    "user-agent": "claude-cli/2.1",
    "x-stainless-lang": "js",
    "x-app": "cli",
    "x-claude-code-session-id": "s1",
  };
  await (await gateway.post("/relay/v1/messages", ask(), {
    headers: { ...kept, cookie: "a=b", "x-forwarded-for": "1.2.3.4", authorization: "Bearer zzz" },
  })).body?.cancel();
  const { headers } = upstream.call;
  for (const [name, value] of Object.entries(kept)) assertEquals(headers.get(name), value);
  for (const name of ["cookie", "x-forwarded-for", "authorization"]) {
    assertEquals(headers.get(name), null);
  }
  assertEquals(headers.get("x-api-key"), "sk-ant-01234567");
});

Deno.test("a relay hands on Anthropic's headers but no account", async () => {
  await using upstream = new FakeUpstream(json(MESSAGE, {
    headers: {
      "anthropic-ratelimit-unified-status": "allowed",
      "anthropic-organization-id": "org-secret-123456",
      "set-cookie": "a=b",
      "x-should-retry": "true",
    },
  }));
  await using gateway = await startGateway(relayTarget(upstream.url));
  const response = await gateway.post("/relay/v1/messages", ask());
  await response.body?.cancel();
  assertEquals(response.headers.get("anthropic-ratelimit-unified-status"), "allowed");
  assertEquals(response.headers.get("x-should-retry"), "true");
  assertEquals(response.headers.get("anthropic-organization-id"), null);
  assertEquals(response.headers.get("set-cookie"), null);
});

Deno.test("an upstream's error passes a relay in its own words, without credentials", async () => {
  const message =
    "messages.1: `tool_use` ids were found without `tool_result` (key sk-ant-01234567)";
  const error = { type: "error", error: { type: "invalid_request_error", message } };
  await using upstream = new FakeUpstream(
    json(error, { status: 400, headers: { "x-should-retry": "false" } }),
  );
  await using gateway = await startGateway(relayTarget(upstream.url, ["api_key: sk-ant-01234567"]));
  const response = await gateway.post("/relay/v1/messages", askStream());
  assertEquals(response.status, 400);
  assertEquals(response.headers.get("x-should-retry"), "false");
  const body = await response.json();
  assertStringIncludes(errorOf(body).message, "messages.1: `tool_use` ids were found without");
  assert(!errorOf(body).message.includes("sk-ant"));
  assertEquals(body.request_id, response.headers.get("request-id"));
});

/** Answers of a relayed upstream that are no message. */
const BROKEN: { name: string; script: Script; status: number; type: string }[] = [
  {
    name: "a refused credential",
    script: json({ type: "error", error: { type: "authentication_error", message: "x" } }, {
      status: 401,
    }),
    status: 401,
    type: "authentication_error",
  },
  {
    name: "an error with status 200",
    script: json({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
    status: 529,
    type: "overloaded_error",
  },
  {
    name: "a page",
    script: json("<p>", { headers: { "content-type": "text/html" } }),
    status: 502,
    type: "api_error",
  },
  {
    name: "an empty body",
    script: json("", { headers: { "content-type": "application/json" } }),
    status: 502,
    type: "api_error",
  },
  { name: "a list", script: json([]), status: 502, type: "api_error" },
  { name: "no content", script: bytes("HTTP/1.1 204 No\r\n\r\n"), status: 502, type: "api_error" },
];

for (const { name, script, status, type } of BROKEN) {
  for (const request of [ask(), askStream()]) {
    const how = request.stream ? "stream" : "message";
    Deno.test(`a relayed ${how} whose upstream answers ${name} is an error`, async () => {
      await using upstream = new FakeUpstream(script);
      await using gateway = await startGateway(relayTarget(upstream.url));
      const response = await gateway.post("/relay/v1/messages", request);
      const text = await response.text();
      assertEquals(response.status, status, text);
      assertEquals(errorOf(JSON.parse(text)).type, type);
    });
  }
}

Deno.test("a whole message in place of a relayed stream becomes one", async () => {
  await using upstream = new FakeUpstream(json(MESSAGE));
  await using gateway = await startGateway(relayTarget(upstream.url));
  const response = await gateway.post("/relay/v1/messages", askStream());
  assertEquals(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const all = await new EventReader(response).rest();
  assertEquals(textOf(all), "hi");
  assertEquals(types(all).at(-1), "message_stop");
});

Deno.test("a relay that nearly speaks Anthropic is mended where its quirk says so", async () => {
  await using upstream = new FakeUpstream(
    events([
      { type: "message_start", message: { id: "m", usage: { input_tokens: 1 } } },
      { type: "content_block_delta", index: 3, delta: { type: "text_delta", text: "hi" } },
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } },
      { type: "message_stop" },
    ]),
  );
  await using gateway = await startGateway(
    relayTarget(upstream.url, ["quirks: { repair_sse: true }"]),
  );
  const response = await gateway.post("/relay/v1/messages", askStream());
  const all = await new EventReader(response).rest();
  assertEquals(types(all), [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
  ]);
});

Deno.test("an error event in the middle of a relayed stream ends it", async () => {
  const error =
    'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"x"}}\n\n';
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.write(START + error);
    await call.closed;
  });
  await using gateway = await startGateway(relayTarget(upstream.url, ["ping_interval: 30ms"]));
  const response = await gateway.post("/relay/v1/messages", askStream());
  assertEquals(await response.text(), START + error);
});

Deno.test("a relay falls back to another protocol", async () => {
  await using failing = new FakeUpstream(json({}, { status: 529 }));
  await using upstream = new FakeUpstream(
    json({ choices: [{ message: { content: "b" }, finish_reason: "stop" }] }),
  );
  await using gateway = await startGateway(targets({
    a: ["api_mode: anthropic_messages", `base_url: ${failing.url}`, "fallback: [b]"],
    b: ["api_mode: chat_completions", `base_url: ${upstream.url}/v1`],
  }));
  const response = await gateway.post("/a/v1/messages", ask());
  assertEquals(response.headers.get("x-switchyard-target"), "b");
  assertEquals((await response.json()).content[0].text, "b");
});
