import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { events as answer, FakeUpstream } from "../support/fake_upstream.ts";
import { streamOf } from "../support/server_chat.ts";
import { EventReader } from "../support/server_client.ts";
import { askStream, type Gateway, startGateway, targets } from "../support/server_gateway.ts";
import { until } from "../support/server_wait.ts";
import { configOf } from "../support/config.ts";

const KEYS = "auth: { keys: [{ name: all, key: key-of-all }, " +
  "{ name: one, key: key-of-one, targets: [a] }] }\n";

function config(upstream: FakeUpstream, more = ""): string {
  const lines = ["api_mode: chat_completions", `base_url: ${upstream.url}/v1`];
  return targets({ a: lines, b: lines }) + more;
}

async function watch(gateway: Gateway, key?: string): Promise<EventReader> {
  const headers = key === undefined ? {} : { "x-api-key": key };
  const response = await gateway.get("/api/events", { headers });
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assertEquals(response.headers.get("cache-control"), "no-store");
  return new EventReader(response);
}

async function ask(gateway: Gateway, target: string, key?: string): Promise<string | null> {
  const headers = key === undefined ? {} : { "x-api-key": key };
  const response = await gateway.post(`/${target}/v1/messages`, askStream(), { headers });
  await response.text();
  return response.headers.get("request-id");
}

Deno.test("GET /api/events begins with what /api/status tells", async () => {
  await using upstream = new FakeUpstream(answer(streamOf("hello")));
  await using gateway = await startGateway(config(upstream));
  const id = await ask(gateway, "a");
  const status = await (await gateway.get("/api/status")).json();
  const reader = await watch(gateway);
  const { event, data } = await reader.next() ?? {};
  assertEquals(event, "state");
  // The request for the status was one itself.
  assertEquals(status.open_requests, 1);
  assertEquals(data, {
    ...status,
    open_requests: 0,
    workers: [{ requests: 3, open_requests: 0 }],
  });
  assertEquals((data?.requests as { id: string }[]).map((request) => request.id), [id]);
  await reader.cancel();
  await until(() => gateway.services.viewers.size === 0, "the viewer is gone");
});

Deno.test("GET /api/events tells of a request that ended, and of its minute", async () => {
  await using upstream = new FakeUpstream(answer(streamOf("hello")));
  await using gateway = await startGateway(config(upstream));
  const reader = await watch(gateway);
  await reader.until("state");
  const id = await ask(gateway, "b");
  for (;;) {
    const { requests, minutes } = (await reader.until("change")).data as {
      requests: { id: string }[];
      minutes: Record<string, unknown>[];
    };
    if (requests.length === 0) continue;
    assertEquals(requests.length, 1);
    assertObjectMatch(requests[0] ?? {}, {
      id,
      target: "b",
      model: "claude-x",
      tokens: { input: 7, output: 3 },
    });
    assertObjectMatch(minutes[0] ?? {}, { target: "b", requests: 1, errors: 0, output_tokens: 3 });
    break;
  }
  await reader.cancel();
});

Deno.test("GET /api/events tells of a config that was refused, and of one that is live", async () => {
  await using upstream = new FakeUpstream(answer([]));
  await using gateway = await startGateway(config(upstream));
  const reader = await watch(gateway);
  await reader.until("state");
  gateway.store.setError("proxy.yaml:1:1 no");
  const refused = await reader.until("change");
  assertObjectMatch(refused.data, { config: { generation: 1, error: "proxy.yaml:1:1 no" } });
  gateway.store.replace(
    await configOf(targets({ c: ["api_mode: chat_completions", "base_url: http://127.0.0.1:9"] })),
  );
  const live = await reader.until("change");
  assertObjectMatch(live.data, {
    config: { generation: 2, error: null },
    targets: [{ name: "c" }],
  });
  await reader.cancel();
});

Deno.test("GET /api/events shows a key its targets only", async () => {
  await using upstream = new FakeUpstream(answer(streamOf("hello")));
  await using gateway = await startGateway(config(upstream, KEYS));
  const shown = await ask(gateway, "a", "key-of-all");
  await ask(gateway, "b", "key-of-all");
  await ask(gateway, "unknown", "key-of-all");
  const reader = await watch(gateway, "key-of-one");
  const { data } = await reader.until("state");
  const { targets, requests, minutes } = data as Record<string, Record<string, unknown>[]>;
  assertEquals(targets?.map(({ name }) => name), ["a"]);
  assertEquals(requests?.map(({ id }) => id), [shown]);
  assertEquals(minutes?.map(({ target }) => target), ["a"]);
  await reader.cancel();
  const all = await watch(gateway, "key-of-all");
  assertEquals(((await all.until("state")).data.requests as unknown[]).length, 3);
  await all.cancel();
});

Deno.test("GET /api/events tells no key", async () => {
  await using upstream = new FakeUpstream(answer(streamOf("hello")));
  await using gateway = await startGateway(config(upstream, KEYS));
  const reader = await watch(gateway, "key-of-all");
  const text = JSON.stringify(await reader.until("state"));
  assertEquals(text.includes("key-of"), false);
  assert(text.includes('"ANTHROPIC_AUTH_TOKEN":""'));
  await reader.cancel();
});

Deno.test("GET /api/events needs a key where there are keys, and ends when it is taken away", async () => {
  await using upstream = new FakeUpstream(answer([]));
  await using gateway = await startGateway(config(upstream, KEYS));
  const refused = await gateway.get("/api/events");
  assertEquals(refused.status, 401);
  await refused.body?.cancel();
  const reader = await watch(gateway, "key-of-one");
  await reader.until("state");
  gateway.store.replace(await configOf(config(upstream, KEYS.replace("key-of-one", "another"))));
  assertEquals(await reader.rest(), []);
});

Deno.test("GET /api/events ends when the server drains", async () => {
  let isDraining = false;
  await using upstream = new FakeUpstream(answer([]));
  await using gateway = await startGateway(config(upstream), { isDraining: () => isDraining });
  const reader = await watch(gateway);
  await reader.until("state");
  isDraining = true;
  assertEquals(await reader.rest(), []);
  assertEquals(gateway.services.viewers.size, 0);
});

Deno.test("GET /api/events is no open request, and HEAD leaves no viewer behind", async () => {
  await using upstream = new FakeUpstream(answer([]));
  await using gateway = await startGateway(config(upstream));
  const head = await gateway.get("/api/events", { method: "HEAD" });
  assertEquals(head.status, 200);
  assertEquals(gateway.services.viewers.size, 0);
  const reader = await watch(gateway);
  await reader.until("state");
  assertEquals([gateway.services.viewers.size, gateway.services.streams.size], [1, 0]);
  await reader.cancel();
});
