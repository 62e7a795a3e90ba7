import { assert, assertEquals } from "@std/assert";
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
