import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import type { ClientKey } from "../../src/config/config.ts";
import { GatewayError } from "../../src/errors.ts";
import { KeyLimits } from "../../src/server/limits.ts";
import { configOf } from "../support/config.ts";
import { events, FakeUpstream, json, type Script, silence } from "../support/fake_upstream.ts";
import { completion, delta, streamOf } from "../support/server_chat.ts";
import { errorOf, EventReader } from "../support/server_client.ts";
import { ask, askStream, chatTarget, startGateway } from "../support/server_gateway.ts";
import { soon, until } from "../support/server_wait.ts";

function key(limits: Partial<ClientKey["limits"]>): ClientKey {
  const none = { concurrent: undefined, requestsPerMinute: undefined, tokensPerMinute: undefined };
  return { name: "laptop", key: "k", targets: undefined, limits: { ...none, ...limits } };
}

Deno.test("KeyLimits.enter() lets everything in without a key or limits", () => {
  const limits = new KeyLimits();
  for (let at = 0; at < 1000; at++) {
    assertEquals(limits.enter(undefined, 0).headers, {});
    assertEquals(limits.enter(key({}), 0).headers, {});
  }
});

Deno.test("KeyLimits.enter() holds concurrent requests, and frees a place only once", () => {
  const limits = new KeyLimits();
  const limited = key({ concurrent: 2 });
  const first = limits.enter(limited, 0);
  limits.enter(limited, 0);
  const error = assertThrows(() => limits.enter(limited, 0), GatewayError);
  assertEquals([error.status, error.type], [429, "rate_limit_error"]);
  assertEquals(error.headers["retry-after"], "1");
  first.release(0);
  first.release(0);
  limits.enter(limited, 0);
  assertThrows(() => limits.enter(limited, 0), GatewayError);
});

Deno.test("KeyLimits.enter() counts requests a minute and says when to come back", () => {
  const limits = new KeyLimits();
  const limited = key({ requestsPerMinute: 2 });
  const wall = Date.UTC(2026, 10, 22);
  const { headers } = limits.enter(limited, 0, wall);
  assertEquals(headers, {
    "anthropic-ratelimit-requests-limit": "2",
    "anthropic-ratelimit-requests-remaining": "1",
    "anthropic-ratelimit-requests-reset": "2026-11-22T00:00:30Z",
  });
  limits.enter(limited, 0, wall);
  const error = assertThrows(() => limits.enter(limited, 0, wall), GatewayError);
  assertEquals(error.headers["retry-after"], "30");
  assertStringIncludes(error.message, "2 requests a minute");
  limits.enter(limited, 30_000, wall);
  assertThrows(() => limits.enter(limited, 30_001, wall), GatewayError);
});

Deno.test("KeyLimits.enter() counts tokens when they are known", () => {
  const limits = new KeyLimits();
  const limited = key({ tokensPerMinute: 600 });
  limits.enter(limited, 0).release(1_200);
  const error = assertThrows(() => limits.enter(limited, 0), GatewayError);
  assertEquals(error.headers["retry-after"], "61");
  assertEquals(error.headers["anthropic-ratelimit-tokens-remaining"], "0");
  assertEquals(limits.enter(limited, 61_000).headers["anthropic-ratelimit-tokens-remaining"], "10");
});

Deno.test("KeyLimits.enter() keeps the accounts of keys apart", () => {
  const limits = new KeyLimits();
  const one = key({ concurrent: 1 });
  limits.enter(one, 0);
  limits.enter({ ...one, name: "server" }, 0);
  assertThrows(() => limits.enter(one, 0), GatewayError);
});

const HEADERS = { "x-api-key": "key-of-laptop" };

/** A target behind a key with limits. */
function limitedTarget(url: string, limits: string): string {
  const key = `{ name: laptop, key: key-of-laptop, limits: ${limits} }`;
  const other = "{ name: server, key: key-of-server }";
  return `${chatTarget(url)}auth: { keys: [${key}, ${other}] }\n`;
}

/** How a request may leave its place. */
const ENDS: { name: string; script: Script; request: unknown; status: number }[] = [
  { name: "a message", script: json(completion("a")), request: ask(), status: 200 },
  { name: "a stream", script: events(streamOf("a")), request: askStream(), status: 200 },
  { name: "an error", script: json({}, { status: 500 }), request: ask(), status: 500 },
  { name: "a cut stream", script: events([delta("a")]), request: askStream(), status: 200 },
  { name: "an invalid body", script: json({}), request: "{", status: 400 },
  {
    name: "a request without a model",
    script: json({}),
    request: ask("a", { model: 5 }),
    status: 400,
  },
];

for (const { name, script, request, status } of ENDS) {
  Deno.test(`${name} gives its place back when it ends`, async () => {
    await using upstream = new FakeUpstream(script);
    await using gateway = await startGateway(limitedTarget(upstream.url, "{ concurrent: 1 }"));
    for (let count = 0; count < 3; count++) {
      const init = { headers: HEADERS };
      const response = await gateway.post("/chat/v1/messages", request, init);
      await response.text();
      assertEquals(response.status, status);
      await gateway.access(response);
    }
  });
}

Deno.test("a stream holds its place until it ends, and no other key's", async () => {
  const go = Promise.withResolvers<void>();
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.send(delta("a"));
    await go.promise;
    for (const data of streamOf("b")) await call.send(data);
  }, json(completion("ok")));
  await using gateway = await startGateway(limitedTarget(upstream.url, "{ concurrent: 1 }"));
  const first = await gateway.post("/chat/v1/messages", askStream(), { headers: HEADERS });
  const reader = new EventReader(first);
  await reader.until("content_block_delta");
  const second = await gateway.post("/chat/v1/messages", ask(), { headers: HEADERS });
  assertEquals(second.status, 429);
  assertEquals(second.headers.get("retry-after"), "1");
  assertEquals(errorOf(await second.json()).type, "rate_limit_error");
  const other = { headers: { "x-api-key": "key-of-server" } };
  const third = await gateway.post("/chat/v1/messages", ask(), other);
  assertEquals(third.status, 200);
  await third.body?.cancel();
  go.resolve();
  await reader.rest();
  const fourth = await gateway.post("/chat/v1/messages", ask(), { headers: HEADERS });
  assertEquals(fourth.status, 200);
  await fourth.body?.cancel();
  assertEquals(upstream.calls.length, 3);
});

Deno.test("a client that leaves gives its place back", async () => {
  await using upstream = new FakeUpstream(silence);
  await using gateway = await startGateway(limitedTarget(upstream.url, "{ concurrent: 1 }"));
  const client = new AbortController();
  const arrived = upstream.next();
  const answer = gateway.post("/chat/v1/messages", askStream(), {
    headers: HEADERS,
    signal: client.signal,
  }).catch(() => "gone");
  await soon(arrived, "the upstream is asked");
  client.abort();
  assertEquals(await answer, "gone");
  upstream.play(json(completion("ok")));
  await until(async () => {
    const response = await gateway.post("/chat/v1/messages", ask(), { headers: HEADERS });
    await response.body?.cancel();
    return response.status === 200;
  }, "the place is free");
});

Deno.test("requests a minute are told in headers, and then refused without asking upstream", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")), json({}, { status: 500 }));
  const limits = "{ requests_per_minute: 2 }";
  await using gateway = await startGateway(limitedTarget(upstream.url, limits));
  const seen: unknown[] = [];
  for (let count = 0; count < 3; count++) {
    const response = await gateway.post("/chat/v1/messages", ask(), { headers: HEADERS });
    await response.body?.cancel();
    const { headers } = response;
    const name = "anthropic-ratelimit-requests";
    assertMatch(headers.get(`${name}-reset`) ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    seen.push([response.status, headers.get(`${name}-limit`), headers.get(`${name}-remaining`)]);
    assertEquals(headers.has("retry-after"), response.status === 429);
  }
  // An error of the upstream tells the limits too.
  assertEquals(seen, [[200, "2", "1"], [500, "2", "0"], [429, "2", "0"]]);
  assertEquals(upstream.calls.length, 2);
});

for (const request of [ask(), askStream()]) {
  Deno.test(`the tokens of an answer count against the limit (stream: ${request.stream ?? false})`, async () => {
    const answer = request.stream ? events(streamOf("a")) : json(completion("a"));
    await using upstream = new FakeUpstream(answer);
    // The answers of these upstreams cost 10 tokens.
    const limits = "{ tokens_per_minute: 15 }";
    await using gateway = await startGateway(limitedTarget(upstream.url, limits));
    const statuses: number[] = [];
    for (let count = 0; count < 3; count++) {
      const response = await gateway.post("/chat/v1/messages", request, { headers: HEADERS });
      await response.text();
      await gateway.access(response);
      statuses.push(response.status);
      assertEquals(response.headers.get("anthropic-ratelimit-tokens-limit"), "15");
    }
    assertEquals(statuses, [200, 200, 429]);
  });
}

Deno.test("limits outlive a reload", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  const yaml = limitedTarget(upstream.url, "{ requests_per_minute: 1 }");
  await using gateway = await startGateway(yaml);
  const statuses: number[] = [];
  for (let count = 0; count < 2; count++) {
    const response = await gateway.post("/chat/v1/messages", ask(), { headers: HEADERS });
    await response.body?.cancel();
    statuses.push(response.status);
    gateway.store.replace(await configOf(yaml));
  }
  assertEquals(statuses, [200, 429]);
});
