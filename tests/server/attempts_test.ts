import { assert, assertEquals } from "@std/assert";
import { backOffMs } from "../../src/server/attempts.ts";
import {
  closedPort,
  events,
  FakeUpstream,
  hangUp,
  json,
  type Script,
  silence,
} from "../support/fake_upstream.ts";
import { completion, delta, streamOf } from "../support/server_chat.ts";
import { errorOf, EventReader, textOf, types } from "../support/server_client.ts";
import { ask, askStream, chatTarget, startGateway, targets } from "../support/server_gateway.ts";
import { soon, timed } from "../support/server_wait.ts";

const OK = json(completion("ok"));
const BUSY = json({ error: { message: "slow down" } }, { status: 429 });

function busyFor(headers: Readonly<Record<string, string>>): Script {
  return json({ error: { message: "slow down" } }, { status: 429, headers });
}

const RETRIES: {
  name: string;
  scripts: Script[];
  lines: string[];
  status: number;
  calls: number;
}[] = [
  { name: "asks once by default", scripts: [BUSY, OK], lines: [], status: 429, calls: 1 },
  {
    name: "asks as often as attempts says",
    scripts: [busyFor({ "retry-after-ms": "1" }), busyFor({ "retry-after-ms": "1" }), OK],
    lines: ["retry: { attempts: 3 }"],
    status: 200,
    calls: 3,
  },
  {
    name: "gives up when all attempts failed",
    scripts: [busyFor({ "retry-after-ms": "1" })],
    lines: ["retry: { attempts: 2 }"],
    status: 429,
    calls: 2,
  },
  {
    name: "does not wait longer than max_wait",
    scripts: [busyFor({ "retry-after": "30" }), OK],
    lines: ["retry: { attempts: 2, max_wait: 100ms }"],
    status: 429,
    calls: 1,
  },
  {
    name: "pauses no longer than max_wait by itself",
    scripts: [json({}, { status: 500 }), OK],
    lines: ["retry: { attempts: 2, max_wait: 5ms }"],
    status: 200,
    calls: 2,
  },
  {
    name: "does not repeat what was wrong with the request",
    scripts: [json({}, { status: 400 }), OK],
    lines: ["retry: { attempts: 2, max_wait: 5ms }"],
    status: 400,
    calls: 1,
  },
  {
    name: "does not repeat what a retry cannot mend",
    scripts: [
      json({ error: { code: "insufficient_quota", message: "x" } }, { status: 429 }),
      OK,
    ],
    lines: ["retry: { attempts: 2, max_wait: 5ms }"],
    status: 402,
    calls: 1,
  },
  {
    name: "repeats an answer that was no answer",
    scripts: [json(""), OK],
    lines: ["retry: { attempts: 2, max_wait: 5ms }"],
    status: 200,
    calls: 2,
  },
  {
    name: "repeats a connection that broke, in any case",
    scripts: [hangUp, OK],
    lines: [],
    status: 200,
    calls: 2,
  },
];

for (const { name, scripts, lines, status, calls } of RETRIES) {
  Deno.test(`askTargets() ${name}`, async () => {
    await using upstream = new FakeUpstream(...scripts);
    await using gateway = await startGateway(chatTarget(upstream.url, lines));
    const response = await gateway.post("/chat/v1/messages", ask());
    await response.body?.cancel();
    assertEquals(response.status, status);
    assertEquals(upstream.calls.length, calls);
  });
}

Deno.test("askTargets() does not repeat a connection that breaks for ever", async () => {
  await using upstream = new FakeUpstream(hangUp);
  await using gateway = await startGateway(chatTarget(upstream.url));
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.status, 502);
  await response.body?.cancel();
  // Older runtimes repeat some of these by themselves.
  assert(upstream.calls.length >= 2 && upstream.calls.length <= 4);
});

Deno.test("askTargets() waits as long as retry-after says", async () => {
  await using upstream = new FakeUpstream(busyFor({ "retry-after": "1" }), OK);
  await using gateway = await startGateway(chatTarget(upstream.url, ["retry: { attempts: 2 }"]));
  const time = await timed(async () => {
    const response = await gateway.post("/chat/v1/messages", ask());
    assertEquals(response.status, 200);
    await response.body?.cancel();
  });
  assert(time >= 990, `${time} ms`);
});

Deno.test("askTargets() stops waiting when the client leaves", async () => {
  await using upstream = new FakeUpstream(busyFor({ "retry-after": "20" }), OK);
  await using gateway = await startGateway(chatTarget(upstream.url, ["retry: { attempts: 2 }"]));
  const client = new AbortController();
  const arrived = upstream.next();
  const answer = gateway.post("/chat/v1/messages", ask(), { signal: client.signal })
    .catch(() => "gone");
  await soon((await arrived).closed, "the first answer is read");
  client.abort();
  assertEquals(await answer, "gone");
  await soon(
    (async () => {
      while (gateway.services.streams.size > 0) await new Promise((r) => setTimeout(r, 5));
    })(),
    "the request is over",
  );
  assertEquals(upstream.calls.length, 1);
});

/** A target `a` with its fallback `b`. */
function pair(first: string, second: string, lines: readonly string[] = []): string {
  const of = (url: string) => ["api_mode: chat_completions", `base_url: ${url}/v1`];
  return targets({ a: [...of(first), "fallback: [b]", ...lines], b: of(second) });
}

const FALLBACKS: { name: string; script: Script; lines?: string[]; status: number; by: string }[] =
  [
    { name: "an error status", script: json({}, { status: 500 }), status: 200, by: "b" },
    { name: "a rate limit", script: BUSY, status: 200, by: "b" },
    { name: "a refused credential", script: json({}, { status: 401 }), status: 200, by: "b" },
    { name: "a broken connection", script: hangUp, status: 200, by: "b" },
    {
      name: "a page",
      script: json("<p>", { headers: { "content-type": "text/html" } }),
      status: 200,
      by: "b",
    },
    { name: "an error in place of an answer", script: json({ error: "no" }), status: 200, by: "b" },
    {
      name: "silence",
      script: silence,
      lines: ["timeouts: { first_byte: 50ms }"],
      status: 200,
      by: "b",
    },
    { name: "a bad request", script: json({}, { status: 400 }), status: 400, by: "a" },
    { name: "an answer", script: OK, status: 200, by: "a" },
  ];

for (const { name, script, lines, status, by } of FALLBACKS) {
  for (const request of [ask(), askStream()]) {
    const how = request.stream ? "a stream" : "a message";
    Deno.test(`${how} that meets ${name} is answered by ${by}`, async () => {
      await using first = new FakeUpstream(script);
      await using second = new FakeUpstream(
        request.stream ? events(streamOf("b")) : json(completion("b")),
      );
      await using gateway = await startGateway(pair(first.url, second.url, lines));
      const response = await gateway.post("/a/v1/messages", request);
      await response.text();
      assertEquals(response.status, status);
      assertEquals(response.headers.get("x-switchyard-target"), by);
    });
  }
}

Deno.test("after the first byte there is no fallback", async () => {
  await using first = new FakeUpstream(async (call) => {
    await call.begin();
    await call.send(delta("a"));
    call.close();
  });
  await using second = new FakeUpstream(events(streamOf("b")));
  await using gateway = await startGateway(pair(first.url, second.url));
  const response = await gateway.post("/a/v1/messages", askStream());
  const all = await new EventReader(response).rest();
  assertEquals(textOf(all), "a");
  assertEquals(types(all).at(-1), "error");
  assertEquals(second.calls.length, 0);
});

Deno.test("an error names the target that failed last, not one that answered before", async () => {
  await using first = new FakeUpstream(json({}, { status: 500, headers: { "x-request-id": "1" } }));
  const dead = `http://127.0.0.1:${closedPort()}`;
  await using gateway = await startGateway(pair(first.url, dead));
  const response = await gateway.post("/a/v1/messages", ask());
  assertEquals(response.status, 502);
  assertEquals(response.headers.get("x-switchyard-target"), null);
  assertEquals(response.headers.get("x-switchyard-upstream-request-id"), null);
  assert(errorOf(await response.json()).message.includes("'b'"));
});

Deno.test("a key's targets hold for fallbacks too", async () => {
  await using first = new FakeUpstream(json({}, { status: 500 }));
  await using second = new FakeUpstream(OK);
  const auth = "auth: { keys: [{ name: x, key: key-for-a, targets: [a] }] }\n";
  await using gateway = await startGateway(pair(first.url, second.url) + auth);
  const headers = { "x-api-key": "key-for-a" };
  const response = await gateway.post("/a/v1/messages", ask(), { headers });
  await response.body?.cancel();
  assertEquals(response.status, 500);
  assertEquals(second.calls.length, 0);
});

Deno.test("fallbacks are tried in their order, each once", async () => {
  await using failing = new FakeUpstream(json({}, { status: 500 }));
  const of = (fallback: string) => [
    "api_mode: chat_completions",
    `base_url: ${failing.url}/v1`,
    `fallback: [${fallback}]`,
  ];
  await using gateway = await startGateway(
    targets({
      a: [...of("b, c"), "model: a"],
      b: [...of("d"), "model: b"],
      c: [...of("d"), "model: c"],
      d: [...of(""), "model: d"],
    }),
  );
  const response = await gateway.post("/a/v1/messages", ask());
  await response.body?.cancel();
  assertEquals(failing.calls.map(({ json }) => json.model), ["a", "b", "c", "d"]);
});

Deno.test("what a refusal teaches is tried at once, and remembered", async () => {
  const refusal = json(
    { error: { message: "Unsupported parameter: 'temperature' is not supported" } },
    { status: 400 },
  );
  await using upstream = new FakeUpstream(refusal, OK);
  await using gateway = await startGateway(chatTarget(upstream.url));
  for (let count = 0; count < 2; count++) {
    const response = await gateway.post("/chat/v1/messages", ask("hi", { temperature: 0.5 }));
    assertEquals(response.status, 200);
    await response.body?.cancel();
  }
  assertEquals(upstream.calls.map(({ json }) => json.temperature), [0.5, undefined, undefined]);
});

const PAUSES: { attempt: number; random: number; maxWaitMs?: number; want: number }[] = [
  { attempt: 1, random: 0, want: 250 },
  { attempt: 1, random: 0.5, want: 500 },
  { attempt: 2, random: 0, want: 500 },
  { attempt: 2, random: 0.5, want: 1_000 },
  { attempt: 3, random: 0.5, want: 2_000 },
  { attempt: 9, random: 0, want: 30_000 },
  { attempt: 2, random: 0.5, maxWaitMs: 5, want: 5 },
];

for (const { attempt, random, maxWaitMs = 30_000, want } of PAUSES) {
  Deno.test(`backOffMs() behind attempt ${attempt} at ${random}, at most ${maxWaitMs}, is ${want}`, () => {
    assertEquals(backOffMs(attempt, maxWaitMs, random), want);
  });
}

/** A message of a history. */
type Turn = { readonly role: string; readonly content: unknown };

function thinkingAnswer(): Record<string, unknown> {
  const message = { role: "assistant", content: "said", reasoning_content: "thought" };
  return { id: "c1", model: "m", choices: [{ index: 0, message, finish_reason: "stop" }] };
}

Deno.test("reasoning of a target that failed is left out of its fallback's request in another mode", async () => {
  await using chat = new FakeUpstream(json(thinkingAnswer()));
  await using relay = new FakeUpstream(
    json({ type: "message", role: "assistant", content: [], usage: {} }),
  );
  await using gateway = await startGateway(targets({
    a: ["api_mode: chat_completions", `base_url: ${chat.url}/v1`, "fallback: [b]"],
    b: ["api_mode: anthropic_messages", `base_url: ${relay.url}`],
  }));
  const thinking = { type: "adaptive" };
  const { content } = await (await gateway.post("/a/v1/messages", ask("one", { thinking }))).json();
  assertEquals(content[0].type, "thinking");
  assert(content[0].signature.startsWith("sy1."));
  chat.play(json({}, { status: 503 }));
  const messages: Turn[] = [
    { role: "user", content: "one" },
    { role: "assistant", content },
    { role: "user", content: "two" },
  ];
  const response = await gateway.post("/a/v1/messages", ask("", { thinking, messages }));
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("x-switchyard-target"), "b");
  await response.body?.cancel();
  const { text } = relay.call;
  assert(!text.includes("sy1.") && text.includes("said") && text.includes("two"), text);
});

/** An answer of the Responses API whose reasoning only its own provider can read. */
const SEALED = {
  id: "resp_1",
  object: "response",
  status: "completed",
  model: "m",
  output: [
    {
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "thought" }],
      encrypted_content: "sealed-blob",
    },
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "said", annotations: [] }],
    },
  ],
  usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
};

Deno.test("a chain of fallbacks may change the protocol each time", async () => {
  await using responses = new FakeUpstream(json(SEALED));
  await using chat = new FakeUpstream(json({}, { status: 503 }));
  await using relay = new FakeUpstream(
    json({ type: "message", role: "assistant", content: [], usage: {} }),
  );
  await using gateway = await startGateway(targets({
    a: ["api_mode: codex_responses", `base_url: ${responses.url}/v1`, "fallback: [b]"],
    b: ["api_mode: chat_completions", `base_url: ${chat.url}/v1`, "fallback: [c]"],
    c: ["api_mode: anthropic_messages", `base_url: ${relay.url}`],
  }));
  const thinking = { type: "adaptive" };
  const { content } = await (await gateway.post("/a/v1/messages", ask("one", { thinking }))).json();
  assert(JSON.stringify(content).includes("sy1."), JSON.stringify(content));
  responses.play(json({}, { status: 503 }));
  const messages: Turn[] = [
    { role: "user", content: "one" },
    { role: "assistant", content },
    { role: "user", content: "two" },
  ];
  const response = await gateway.post("/a/v1/messages", ask("", { thinking, messages }));
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("x-switchyard-target"), "c");
  await response.body?.cancel();
  // At home the state goes back; elsewhere nothing of it does.
  assert(responses.calls.at(-1)?.text.includes("sealed-blob"));
  for (const { text } of [chat.call, relay.call]) {
    assert(!text.includes("sy1.") && !text.includes("sealed-blob"), text);
    assert(text.includes("said") && text.includes("two"), text);
  }
});

Deno.test("a signature of Anthropic's does not reach a fallback of another mode", async () => {
  await using relay = new FakeUpstream(json({}, { status: 529 }));
  await using chat = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(targets({
    a: ["api_mode: anthropic_messages", `base_url: ${relay.url}`, "fallback: [b]"],
    b: ["api_mode: chat_completions", `base_url: ${chat.url}/v1`],
  }));
  const content = [
    { type: "thinking", thinking: "thought", signature: "native-signature" },
    { type: "text", text: "said" },
  ];
  const messages: Turn[] = [
    { role: "user", content: "one" },
    { role: "assistant", content },
    { role: "user", content: "two" },
  ];
  const response = await gateway.post("/a/v1/messages", ask("", { messages }));
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("x-switchyard-target"), "b");
  await response.body?.cancel();
  assert(relay.call.text.includes("native-signature"));
  const { text } = chat.call;
  assert(!text.includes("native-signature") && text.includes("said"), text);
});
