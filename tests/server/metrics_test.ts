import { assert, assertEquals, assertMatch } from "@std/assert";
import { VERSION } from "../../src/version.ts";
import { configOf } from "../support/config.ts";
import { type Exposition, parseExposition } from "../support/exposition.ts";
import { events, FakeUpstream, hangUp, json, silence } from "../support/fake_upstream.ts";
import { completion, delta, streamOf } from "../support/server_chat.ts";
import { EventReader } from "../support/server_client.ts";
import {
  ask,
  askStream,
  chatTarget,
  type Gateway,
  startGateway,
  targets,
} from "../support/server_gateway.ts";
import { soon, until } from "../support/server_wait.ts";

const KEYS = `auth:
  keys:
    - { name: all, key: key-for-all }
    - { name: 'a "b" \\\\', key: key-for-odd }
    - { name: one, key: key-for-one, targets: [chat] }
`;
const ALL = { headers: { "x-api-key": "key-for-all" } };

/** What a scrape says. */
async function scrape(gateway: Gateway, init: RequestInit = {}): Promise<Exposition> {
  const response = await gateway.get("/metrics", init);
  const text = await response.text();
  assertEquals(response.status, 200, text);
  return parseExposition(text);
}

Deno.test("GET /metrics answers in Prometheus' text format", async () => {
  await using gateway = await startGateway(chatTarget("http://127.0.0.1:9"));
  const response = await gateway.get("/metrics");
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const scraped = parseExposition(await response.text());
  assertEquals(scraped.value("switchyard_build_info", { version: VERSION }), 1);
  assert((scraped.value("process_resident_memory_bytes") ?? 0) > 10_000_000);
  const started = scraped.value("process_start_time_seconds") ?? 0;
  const uptime = scraped.value("switchyard_uptime_seconds") ?? 0;
  assert(Math.abs(started + uptime - Date.now() / 1000) < 60, `${started} + ${uptime}`);
  assertEquals(scraped.value("switchyard_target_info", { api_mode: "chat_completions" }), 1);
  assertEquals(scraped.value("switchyard_threads"), 1);
  const head = await gateway.get("/metrics", { method: "HEAD" });
  assertEquals([head.status, await head.text()], [200, ""]);
});

Deno.test("GET /metrics needs a key where there are keys", async () => {
  await using gateway = await startGateway(chatTarget("http://127.0.0.1:9") + KEYS);
  for (const headers of [{}, { "x-api-key": "wrong" }] as Record<string, string>[]) {
    const response = await gateway.get("/metrics", { headers });
    assertEquals(response.status, 401);
    await response.body?.cancel();
  }
  await scrape(gateway, { headers: { authorization: "Bearer key-for-all" } });
});

Deno.test("a scrape is not counted, writes no log line and works while draining", async () => {
  const options = { isDraining: () => true };
  await using gateway = await startGateway(chatTarget("http://127.0.0.1:9"), options);
  await scrape(gateway);
  const scraped = await scrape(gateway);
  assertEquals(scraped.sum("switchyard_requests_total"), 0);
  assertEquals(scraped.value("switchyard_open_requests"), 0);
  assertEquals(gateway.records.filter(({ category }) => category === "access"), []);
});

Deno.test("requests, tokens and times are counted by target and key", async () => {
  const usage = {
    prompt_tokens: 10,
    completion_tokens: 3,
    prompt_tokens_details: { cached_tokens: 4 },
  };
  await using upstream = new FakeUpstream();
  await using gateway = await startGateway(chatTarget(upstream.url) + KEYS);
  upstream.play(json({ ...completion("ok"), usage }));
  await (await gateway.post("/chat/v1/messages", ask(), ALL)).text();
  upstream.play(events(streamOf("ok")));
  const odd = { headers: { "x-api-key": "key-for-odd" } };
  const streamed = await gateway.post("/chat/v1/messages", askStream(), odd);
  await streamed.text();
  await gateway.access(streamed);
  await (await gateway.post("/chat/v1/messages/count_tokens", ask(), ALL)).text();
  const scraped = await scrape(gateway, ALL);
  const requests = (labels: Record<string, string>) =>
    scraped.value("switchyard_requests_total", { target: "chat", status: "2xx", ...labels });
  assertEquals(requests({ endpoint: "messages", stream: "false", key: "all" }), 1);
  assertEquals(requests({ endpoint: "messages", stream: "true", key: 'a "b" \\\\' }), 1);
  assertEquals(requests({ endpoint: "count_tokens", key: "all" }), 1);
  const tokens = (key: string) =>
    ["input", "output", "cache_read", "cache_creation"].map((kind) =>
      scraped.value("switchyard_tokens_total", { target: "chat", key, kind })
    );
  assertEquals(tokens("all"), [6, 3, 4, 0]);
  assertEquals(tokens('a "b" \\\\'), [7, 3, 0, 0]);
  const whole = { target: "chat", stream: "false" };
  assertEquals(scraped.value("switchyard_request_duration_seconds_count", whole), 1);
  assertEquals(
    scraped.value("switchyard_request_duration_seconds_bucket", { ...whole, le: "600" }),
    1,
  );
  assertEquals(scraped.value("switchyard_first_event_seconds_count", { target: "chat" }), 1);
});

Deno.test("no label holds what a client chose", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(
    `${chatTarget(upstream.url)}default_target: chat\n${KEYS}`,
  );
  const paths = ["/planted/v1/messages", "/planted", "/v1/models/planted", "/chat/v1/messages"];
  for (const path of [...paths, "/v1/messages", "/chat/v1/planted"]) {
    await (await gateway.post(path, ask("hi", { model: "planted" }), ALL)).text();
  }
  await (await gateway.post("/planted/v1/messages", ask(), { headers: { "x-api-key": "planted" } }))
    .text();
  const text = await (await gateway.get("/metrics", ALL)).text();
  assert(!text.includes("planted"), text);
  const scraped = parseExposition(text);
  assertEquals(scraped.sum("switchyard_requests_total"), 7);
  const unknown = { target: "", endpoint: "messages", status: "4xx" };
  assertEquals(scraped.sum("switchyard_requests_total", unknown), 2);
  assertEquals(scraped.value("switchyard_errors_total", { type: "authentication_error" }), 1);
});

Deno.test("a key with targets is told of these, and of no other key", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  const mode = ["api_mode: chat_completions", `base_url: ${upstream.url}/v1`];
  await using gateway = await startGateway(targets({ chat: mode, other: mode }) + KEYS);
  const one = { headers: { "x-api-key": "key-for-one" } };
  for (const init of [ALL, one]) {
    await (await gateway.post("/chat/v1/messages", ask(), init)).text();
  }
  await (await gateway.post("/other/v1/messages", ask(), ALL)).text();
  const { samples } = await scrape(gateway, one);
  const of = (name: string) => new Set(samples.map(({ labels }) => labels[name]));
  assertEquals(of("target"), new Set(["chat", undefined]));
  assertEquals(of("key"), new Set(["one", undefined]));
  const names = new Set((await scrape(gateway, ALL)).samples.map(({ labels }) => labels.target));
  assert(names.has("other") && names.has("chat"));
});

Deno.test("errors, retries, fallbacks and breakers are counted", async () => {
  await using down = new FakeUpstream(json({ error: { message: "no" } }, { status: 503 }));
  await using spare = new FakeUpstream((call) => {
    const isRefused = call.headers.get("authorization")?.endsWith("-one") ?? false;
    return call.answer(completion("ok"), { status: isRefused ? 429 : 200 });
  });
  const of = ({ url }: FakeUpstream) => ["api_mode: chat_completions", `base_url: ${url}/v1`];
  await using gateway = await startGateway(targets({
    a: [...of(down), "fallback: [b]", "retry: { attempts: 2, max_wait: 1ms }"],
    b: [...of(spare), "api_key: [sk-planted-one, sk-planted-two]"],
    c: of(down),
  }));
  for (let count = 0; count < 4; count++) {
    await (await gateway.post("/a/v1/messages", ask())).text();
  }
  await (await gateway.post("/c/v1/messages", ask())).text();
  const scraped = await scrape(gateway);
  assertEquals(scraped.value("switchyard_retries_total", { target: "a", reason: "failure" }), 3);
  assertEquals(scraped.value("switchyard_retries_total", { target: "b", reason: "key" }), 1);
  // The last of them did not ask the target any more: its breaker was open.
  assertEquals(scraped.value("switchyard_fallbacks_total", { target: "a", fallback: "b" }), 4);
  const state = (target: string, state: string) =>
    scraped.value("switchyard_breaker_state", { target, state });
  assertEquals([state("a", "open"), state("a", "closed")], [1, 0]);
  assertEquals([state("b", "open"), state("b", "closed")], [0, 1]);
  assertEquals(scraped.value("switchyard_resting_keys", { target: "b" }), 1);
  assertEquals(scraped.sum("switchyard_errors_total", { target: "c" }), 1);
  assertEquals(scraped.sum("switchyard_errors_total", { target: "b" }), 0);
  assertEquals(scraped.sum("switchyard_requests_total", { target: "c", status: "5xx" }), 1);
});

Deno.test("open streams are counted until they end, and one that breaks is an error", async () => {
  const go = Promise.withResolvers<void>();
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.send(delta("a"));
    await go.promise;
    await hangUp(call);
  });
  await using gateway = await startGateway(chatTarget(upstream.url));
  const reader = new EventReader(await gateway.post("/chat/v1/messages", askStream()));
  await reader.until("content_block_delta");
  const during = await scrape(gateway);
  assertEquals(during.value("switchyard_open_streams"), 1);
  assertEquals(during.value("switchyard_open_requests"), 1);
  go.resolve();
  await reader.rest();
  await until(() => gateway.services.streams.size === 0, "the request is over");
  const after = await scrape(gateway);
  assertEquals(after.value("switchyard_open_streams"), 0);
  assertEquals(after.value("switchyard_errors_total", { target: "chat", type: "api_error" }), 1);
  assertEquals(after.value("switchyard_requests_total", { status: "2xx", stream: "true" }), 1);
});

Deno.test("a client that left is no error of the target's", async () => {
  await using upstream = new FakeUpstream(silence);
  await using gateway = await startGateway(chatTarget(upstream.url));
  const left = new AbortController();
  const arrived = upstream.next();
  const answer = gateway.post("/chat/v1/messages", ask(), { signal: left.signal }).catch(String);
  await soon(arrived, "the upstream is asked");
  left.abort();
  await answer;
  await until(() => gateway.services.streams.size === 0, "the request is over");
  const scraped = await scrape(gateway);
  const errors = scraped.samples.filter(({ name }) => name === "switchyard_errors_total");
  assertEquals(errors.map(({ labels }) => labels.type), ["client_gone"]);
});

Deno.test("dropped parts and reloads are counted; what the file has not any more is not told", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(chatTarget(upstream.url));
  await (await gateway.post("/chat/v1/messages", ask("hi", { top_k: 5 }))).text();
  const before = await scrape(gateway);
  assert((before.value("switchyard_dropped_parts_total", { target: "chat" }) ?? 0) > 0);
  const reloads = ({ value }: Exposition) => [
    value("switchyard_config_generation"),
    value("switchyard_config_reloads_total", { result: "ok" }),
    value("switchyard_config_reloads_total", { result: "refused" }),
    value("switchyard_config_refused"),
  ];
  assertEquals(reloads(before), [1, 0, 0, 0]);
  gateway.store.setError("f:1:1: wrong");
  assertEquals(reloads(await scrape(gateway)), [1, 0, 1, 1]);
  gateway.store.replace(
    await configOf(targets({ new: ["api_mode: anthropic_messages", "base_url: http://h"] })),
  );
  const after = await scrape(gateway);
  assertEquals(reloads(after), [2, 1, 1, 0]);
  assertMatch(String(after.value("switchyard_config_loaded_timestamp_seconds")), /^\d{10}/);
  const names = new Set(after.samples.map(({ labels }) => labels.target ?? ""));
  assertEquals(names, new Set(["", "new"]));
});
