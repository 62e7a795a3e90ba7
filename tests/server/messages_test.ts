import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type AnswerOptions, FakeUpstream, json, type Script } from "../support/fake_upstream.ts";
import { closedPort, events } from "../support/fake_upstream.ts";
import { completion, streamOf } from "../support/server_chat.ts";
import { errorOf, EventReader, textOf } from "../support/server_client.ts";
import { ask, askStream, chatTarget, startGateway, targets } from "../support/server_gateway.ts";

const UPSTREAM_KEY = "sk-upstream-0123456789";
const CLIENT_KEY = "client-key-0123456789";
const ACCOUNT = "org-a1b2c3d4e5f6";

const KEYS = `auth: { keys: [{ name: laptop, key: ${CLIENT_KEY} }] }\n`;

Deno.test("a message is answered whole, with the headers of its origin", async () => {
  const headers = {
    "x-request-id": "up-1",
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59",
    "set-cookie": "a=b",
    "openai-organization": ACCOUNT,
  };
  await using upstream = new FakeUpstream(json(completion("hello"), { headers }));
  await using gateway = await startGateway(chatTarget(upstream.url, ["model: small"]));
  const response = await gateway.post("/chat/v1/messages?beta=true", ask());
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "application/json");
  assertEquals(response.headers.get("x-switchyard-target"), "chat");
  assertEquals(response.headers.get("x-switchyard-upstream-request-id"), "up-1");
  assertEquals(response.headers.get("anthropic-ratelimit-requests-limit"), "60");
  assertEquals(response.headers.get("anthropic-ratelimit-requests-remaining"), "59");
  assertEquals(response.headers.get("set-cookie"), null);
  const message = await response.json();
  assertEquals(message.type, "message");
  assertEquals(message.model, "claude-x");
  assertEquals(message.content, [{ type: "text", text: "hello", citations: null }]);
  assertEquals(message.stop_reason, "end_turn");
  assertEquals(upstream.call.path, "/v1/chat/completions");
  assertEquals(upstream.call.json.model, "small");
  const record = await gateway.access(response);
  assertEquals(record.status, 200);
  assertEquals(record.target, "chat");
  assertEquals([record.input_tokens, record.output_tokens], [7, 3]);
  assertEquals(record.upstream_request_id, "up-1");
});

Deno.test("a stream carries the same headers, and its tokens reach the log", async () => {
  await using upstream = new FakeUpstream(
    events(streamOf("hello"), {
      headers: { "x-request-id": "up-2", "x-ratelimit-limit-tokens": "9" },
    }),
  );
  await using gateway = await startGateway(chatTarget(upstream.url));
  const response = await gateway.post("/chat/v1/messages", askStream());
  assertEquals(response.headers.get("x-switchyard-target"), "chat");
  assertEquals(response.headers.get("x-switchyard-upstream-request-id"), "up-2");
  assertEquals(response.headers.get("anthropic-ratelimit-tokens-limit"), "9");
  assertEquals(textOf(await new EventReader(response).rest()), "hello");
  const record = await gateway.access(response);
  assertEquals([record.input_tokens, record.output_tokens, record.stream], [7, 3, true]);
});

Deno.test("credentials stay where they belong", async () => {
  const failure = {
    error: { message: `Incorrect API key ${UPSTREAM_KEY} of ${ACCOUNT}`, type: "invalid_api_key" },
  };
  const fails = json(failure, { status: 401, headers: { "openai-organization": ACCOUNT } });
  await using upstream = new FakeUpstream(json(completion("one")), fails);
  const key = `api_key: ${UPSTREAM_KEY}`;
  await using gateway = await startGateway(
    targets({
      chat: ["api_mode: chat_completions", `base_url: ${upstream.url}/v1`, key],
      relay: ["api_mode: anthropic_messages", `base_url: ${upstream.url}`, key],
    }) + KEYS,
  );
  const secretPrompt = "the-prompt-that-nobody-may-log";
  for (const path of ["/chat/v1/messages", "/chat/v1/messages", "/relay/v1/messages"]) {
    const response = await gateway.post(path, ask(secretPrompt), {
      headers: {
        "x-api-key": CLIENT_KEY,
        authorization: `Bearer ${CLIENT_KEY}`,
        cookie: `session=${CLIENT_KEY}`,
        "proxy-authorization": `Basic ${CLIENT_KEY}`,
      },
    });
    const seen = await response.text() + JSON.stringify([...response.headers]);
    for (const secret of [UPSTREAM_KEY, CLIENT_KEY, ACCOUNT]) assert(!seen.includes(secret), seen);
    await gateway.access(response);
  }
  assertEquals(upstream.calls.length, 3);
  assert(!upstream.allHeaders.includes(CLIENT_KEY), upstream.allHeaders);
  assertEquals(upstream.calls[0]?.headers.get("authorization"), `Bearer ${UPSTREAM_KEY}`);
  assertEquals(upstream.calls[2]?.headers.get("x-api-key"), UPSTREAM_KEY);
  for (const secret of [UPSTREAM_KEY, CLIENT_KEY, ACCOUNT, secretPrompt]) {
    assert(!gateway.log().includes(secret), gateway.log());
  }
});

Deno.test("a refused credential is told as the target's", async () => {
  await using upstream = new FakeUpstream(json({ error: { message: "bad key" } }, { status: 401 }));
  await using gateway = await startGateway(chatTarget(upstream.url));
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.status, 401);
  assertStringIncludes(errorOf(await response.json()).message, "target 'chat' rejected");
});

/** A representative part of the mapping's table. */
const FAILURES: {
  name: string;
  body: unknown;
  options: AnswerOptions;
  status: number;
  type: string;
  says?: string;
}[] = [
  {
    name: "400",
    body: { error: { message: "bad thing" } },
    options: { status: 400 },
    status: 400,
    type: "invalid_request_error",
    says: "bad thing",
  },
  {
    name: "400 about the context",
    body: {
      error: {
        message: "This model's maximum context length is 100 tokens. However, your messages " +
          "resulted in 200 tokens.",
      },
    },
    options: { status: 400 },
    status: 400,
    type: "invalid_request_error",
    says: "prompt is too long: 200 tokens > 100 maximum",
  },
  { name: "402", body: {}, options: { status: 402 }, status: 402, type: "billing_error" },
  {
    name: "403",
    body: { message: "no" },
    options: { status: 403 },
    status: 403,
    type: "permission_error",
  },
  {
    name: "404",
    body: { error: "no such model" },
    options: { status: 404 },
    status: 404,
    type: "not_found_error",
    says: "claude-x",
  },
  {
    name: "405",
    body: {},
    options: { status: 405 },
    status: 400,
    type: "invalid_request_error",
  },
  { name: "408", body: {}, options: { status: 408 }, status: 504, type: "timeout_error" },
  { name: "409", body: {}, options: { status: 409 }, status: 409, type: "conflict_error" },
  { name: "413", body: {}, options: { status: 413 }, status: 413, type: "request_too_large" },
  {
    name: "422",
    body: { detail: [{ loc: ["body", "x"], msg: "missing" }] },
    options: { status: 422 },
    status: 400,
    type: "invalid_request_error",
    says: "missing",
  },
  {
    name: "429",
    body: { error: { message: "slow down" } },
    options: { status: 429, headers: { "retry-after": "7" } },
    status: 429,
    type: "rate_limit_error",
  },
  {
    name: "429 without quota",
    body: { error: { message: "x", code: "insufficient_quota" } },
    options: { status: 429 },
    status: 402,
    type: "billing_error",
  },
  { name: "500", body: {}, options: { status: 500 }, status: 500, type: "api_error" },
  {
    name: "502 with a page",
    body: "<html><title>Bad</title><body>gateway down</body></html>",
    options: { status: 502, headers: { "content-type": "text/html" } },
    status: 502,
    type: "api_error",
    says: "gateway down",
  },
  { name: "503", body: {}, options: { status: 503 }, status: 529, type: "overloaded_error" },
  { name: "504", body: {}, options: { status: 504 }, status: 504, type: "timeout_error" },
  { name: "529", body: {}, options: { status: 529 }, status: 529, type: "overloaded_error" },
  {
    name: "302",
    body: "",
    options: { status: 302, headers: { location: "http://127.0.0.1:9/" } },
    status: 502,
    type: "api_error",
    says: "redirect",
  },
  {
    name: "307",
    body: "",
    options: { status: 307, headers: { location: "http://127.0.0.1:9/" } },
    status: 502,
    type: "api_error",
    says: "redirect",
  },
  { name: "204", body: "", options: { status: 204 }, status: 502, type: "api_error" },
];

for (const { name, body, options, status, type, says = "" } of FAILURES) {
  Deno.test(`an upstream's ${name} is answered with ${status} ${type}`, async () => {
    await using upstream = new FakeUpstream(json(body, options));
    await using gateway = await startGateway(chatTarget(upstream.url));
    for (const request of [ask(), askStream()]) {
      const response = await gateway.post("/chat/v1/messages", request);
      const answer = await response.json();
      assertEquals(response.status, status, JSON.stringify(answer));
      assertEquals(answer.type, "error");
      assertEquals(errorOf(answer).type, type);
      assertStringIncludes(errorOf(answer).message, says);
      assertEquals(answer.request_id, response.headers.get("request-id"));
      assertEquals(response.headers.get("x-switchyard-target"), "chat");
    }
    assertEquals(upstream.calls.length, 2);
  });
}

Deno.test("a rate limit's pause is told to the client", async () => {
  await using upstream = new FakeUpstream(
    json({ error: { message: "x" } }, { status: 429, headers: { "retry-after": "7" } }),
  );
  await using gateway = await startGateway(chatTarget(upstream.url));
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.headers.get("retry-after"), "7");
  await response.body?.cancel();
});

/** Refusals that are finished messages. */
const ANSWERED: { name: string; script: Script; reason: string }[] = [
  {
    name: "a content policy",
    script: json({ error: { code: "content_policy_violation", message: "no" } }, { status: 400 }),
    reason: "refusal",
  },
  {
    name: "an output limit that thinking used up",
    script: json(
      { error: { message: "Could not finish the message because max_tokens was reached" } },
      { status: 400 },
    ),
    reason: "max_tokens",
  },
];

for (const { name, script, reason } of ANSWERED) {
  Deno.test(`${name} is answered with a message that stops by ${reason}`, async () => {
    await using upstream = new FakeUpstream(script);
    await using gateway = await startGateway(chatTarget(upstream.url));
    const response = await gateway.post("/chat/v1/messages", ask());
    assertEquals(response.status, 200);
    assertEquals((await response.json()).stop_reason, reason);
    const stream = await gateway.post("/chat/v1/messages", askStream());
    assertEquals(stream.status, 200);
    const end = await new EventReader(stream).until("message_delta");
    assertEquals((end.data.delta as { stop_reason: string }).stop_reason, reason);
  });
}

Deno.test("a redirect is not followed, so that no key goes elsewhere", async () => {
  await using other = new FakeUpstream(json(completion("stolen")));
  await using upstream = new FakeUpstream(
    json("", { status: 307, headers: { location: `${other.url}/v1/chat/completions` } }),
  );
  await using gateway = await startGateway(chatTarget(upstream.url, ["api_key: sk-0123456789"]));
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.status, 502);
  await response.body?.cancel();
  assertEquals(other.calls.length, 0);
});

Deno.test("an upstream that refuses connections is answered with 502", async () => {
  await using gateway = await startGateway(chatTarget(`http://127.0.0.1:${closedPort()}`));
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.status, 502);
  const { type, message } = errorOf(await response.json());
  assertEquals([type, message], [
    "api_error",
    "Cannot reach target 'chat': connection refused",
  ]);
  assertEquals(response.headers.get("x-switchyard-target"), null);
});

Deno.test("models, headers, query, body and caps of a target shape its requests", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(chatTarget(upstream.url, [
    "model: big",
    "models: { 'claude-haiku-*': little }",
    "headers: { X-Extra: more, authorization: Bearer yaml-wins }",
    "query: { api-version: '2' }",
    "body: { seed: 5, extra: { a: 1 } }",
    "api_key: sk-0123456789",
    "max_output_tokens: 50",
  ]));
  for (const model of ["claude-haiku-4-5", "claude-haiku-4-5[1m]", "claude-opus-5"]) {
    const response = await gateway.post("/chat/v1/messages?beta=true", ask("hi", { model }));
    assertEquals((await response.json()).model, model);
  }
  assertEquals(upstream.calls.map(({ json }) => json.model), ["little", "little", "big"]);
  const [call] = upstream.calls;
  assertEquals(call?.path, "/v1/chat/completions?api-version=2");
  assertEquals(call?.headers.get("x-extra"), "more");
  assertEquals(call?.headers.get("authorization"), "Bearer yaml-wins");
  assertEquals(call?.json.seed, 5);
  assertEquals(call?.json.extra, { a: 1 });
  assertEquals(call?.json.max_tokens ?? call?.json.max_completion_tokens, 50);
});

Deno.test("what the client sends beside its request does not go to another protocol's upstream", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(chatTarget(upstream.url));
  const response = await gateway.post("/chat/v1/messages", ask(), {
    headers: { "anthropic-beta": "a", "x-claude-code-session-id": "session-1", "x-app": "cli" },
  });
  await response.body?.cancel();
  const seen = upstream.allHeaders;
  for (const word of ["anthropic-", "x-app", "session-1"]) assert(!seen.includes(word), seen);
  assertStringIncludes(seen, "switchyard/");
});

const LOSSY = ask("hi", { inference_geo: "eu", top_k: 5 });

Deno.test("on_loss: warn tells the client, the log and the counter", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(chatTarget(upstream.url));
  const response = await gateway.post("/chat/v1/messages", LOSSY);
  assertEquals(response.status, 200);
  await response.body?.cancel();
  assertStringIncludes(response.headers.get("x-switchyard-dropped") ?? "", "top_k");
  const line = gateway.records.find(({ category }) => category === "losses");
  assertStringIncludes(JSON.stringify(line?.dropped), "top_k");
  assert((gateway.services.lossCounts.get("chat") ?? 0) > 0);
  assert(Number((await gateway.access(response)).dropped) > 0);
});

Deno.test("on_loss: drop tells the counter alone", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(chatTarget(upstream.url, ["on_loss: drop"]));
  const response = await gateway.post("/chat/v1/messages", LOSSY);
  assertEquals(response.status, 200);
  await response.body?.cancel();
  assertEquals(response.headers.get("x-switchyard-dropped"), null);
  assertEquals(gateway.records.filter(({ category }) => category === "losses"), []);
  assert((gateway.services.lossCounts.get("chat") ?? 0) > 0);
});

Deno.test("on_loss: error refuses before the upstream is asked", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(chatTarget(upstream.url, ["on_loss: error"]));
  const response = await gateway.post("/chat/v1/messages", LOSSY);
  assertEquals(response.status, 400);
  assertStringIncludes(errorOf(await response.json()).message, "chat_completions");
  assertEquals(upstream.calls.length, 0);
});

Deno.test("a request for no output is answered without the upstream", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(chatTarget(upstream.url));
  const response = await gateway.post("/chat/v1/messages", ask("hi", { max_tokens: 0 }));
  assertEquals((await response.json()).stop_reason, "max_tokens");
  const stream = await gateway.post("/chat/v1/messages", askStream("hi", { max_tokens: 0 }));
  assertStringIncludes(await stream.text(), "message_stop");
  assertEquals(upstream.calls.length, 0);
});

Deno.test("several keys of a target are spread over sessions, one key a session", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(
    chatTarget(upstream.url, ["api_key: [sk-000000001, sk-000000002]"]),
  );
  const used = new Set<string | null>();
  for (const session of ["a", "b", "c", "d", "a"]) {
    const headers = { "x-claude-code-session-id": session };
    const response = await gateway.post("/chat/v1/messages", ask(), { headers });
    await response.body?.cancel();
    used.add(upstream.calls.at(-1)?.headers.get("authorization") ?? null);
  }
  assertEquals(used.size, 2);
  const [first, , , , last] = upstream.calls;
  assertEquals(first?.headers.get("authorization"), last?.headers.get("authorization"));
});
