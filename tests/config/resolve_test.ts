import { assert, assertEquals } from "@std/assert";
import { upstreamModel } from "../../src/target.ts";
import type { Target } from "../../src/target.ts";
import { configOf, plainConfig, type TestSources } from "../support/config.ts";

async function targetOf(text: string, sources: TestSources = {}): Promise<Target> {
  const [target] = [...(await configOf(text, sources)).targets.values()];
  assert(target !== undefined);
  return target;
}

Deno.test("resolveConfig() fills in what the file leaves out", async () => {
  const { listen, keys, defaultTarget, logging, targets } = await configOf(plainConfig("fast"));
  assertEquals(listen, {
    host: "127.0.0.1",
    port: 8787,
    maxBodyBytes: 32 * 1024 * 1024,
    drainMs: 30_000,
    workers: 1,
  });
  assertEquals({ keys, defaultTarget }, { keys: [], defaultTarget: undefined });
  assertEquals(logging, { level: "info", format: undefined, bodies: false });
  const { profileFor, ...rest } = targets.get("fast") ?? {} as Target;
  assertEquals(rest, {
    name: "fast",
    mode: "chat_completions",
    baseUrl: "http://127.0.0.1:9",
    apiKeys: [],
    model: undefined,
    aliases: [],
    provider: "generic",
    family: "generic",
    headers: {},
    query: {},
    body: {},
    maxOutputTokens: undefined,
    contextWindow: undefined,
    timeouts: { connectMs: 10_000, firstByteMs: 300_000, idleMs: 300_000, totalMs: 3_600_000 },
    retry: { attempts: 1, maxWaitMs: 30_000 },
    fallback: [],
    onLoss: "warn",
    pingIntervalMs: 10_000,
    options: {},
  });
  assertEquals(profileFor("x").learn, true);
});

Deno.test("resolveConfig() takes every value of the file", async () => {
  const config = await configOf(`
listen: {host: 0.0.0.0, port: 80, max_body: 1KiB, drain: 0s, workers: 2}
auth:
  keys:
    - name: one
      key: k1
      targets: [a]
      limits: {concurrent: 1, requests_per_minute: 2, tokens_per_minute: 3}
    - {name: two, key: k2}
default_target: a
logging: {level: debug, format: json, bodies: true}
${plainConfig()}`);
  assertEquals(config.listen, {
    host: "0.0.0.0",
    port: 80,
    maxBodyBytes: 1024,
    drainMs: 0,
    workers: 2,
  });
  const unlimited = {
    concurrent: undefined,
    requestsPerMinute: undefined,
    tokensPerMinute: undefined,
  };
  assertEquals(config.keys, [
    {
      name: "one",
      key: "k1",
      targets: new Set(["a"]),
      limits: { concurrent: 1, requestsPerMinute: 2, tokensPerMinute: 3 },
    },
    { name: "two", key: "k2", targets: undefined, limits: unlimited },
  ]);
  assertEquals(config.defaultTarget, "a");
  assertEquals(config.logging, { level: "debug", format: "json", bodies: true });
});

Deno.test("resolveConfig() lets the command line win over the file", async () => {
  const text = `listen: {host: 127.0.0.2, port: 1}\n${plainConfig()}`;
  const { listen } = await configOf(text, { overrides: { host: "::1", port: 0 } });
  assertEquals([listen.host, listen.port], ["::1", 0]);
});

Deno.test("resolveConfig() merges defaults under a target, maps key by key", async () => {
  const target = await targetOf(`
defaults:
  api_mode: chat_completions
  base_url: http://h/v1
  api_key: shared
  model: m
  provider: vllm
  models: {"a*": one, "b*": two}
  quirks: {top_k: false, images: false}
  headers: {X-One: "1", X-Two: "2"}
  query: {q: "1", r: "2"}
  body: {deep: {a: 1, b: 2}, list: [1, 2]}
  timeouts: {connect: 1s, idle: 2s}
  retry: {attempts: 3}
  on_loss: drop
  ping_interval: 5s
  max_output_tokens: 10
  context_window: 20
targets:
  t:
    models: {"c*": three, "a*": four}
    quirks: {images: true}
    headers: {x-one: "3"}
    query: {q: "3"}
    body: {deep: {b: 3}, list: [3]}
    timeouts: {idle: 9s}
    retry: {max_wait: 0s}
    on_loss: error
`);
  assertEquals(
    [target.mode, target.baseUrl, target.apiKeys, target.model, target.provider],
    ["chat_completions", "http://h/v1", ["shared"], "m", "vllm"],
  );
  assertEquals(target.aliases.map(({ pattern, model }) => [pattern, model]), [
    ["c*", "three"],
    ["a*", "four"],
    ["b*", "two"],
  ]);
  const { top_k, images } = target.profileFor("m");
  assertEquals({ top_k, images }, { top_k: false, images: true });
  assertEquals(target.headers, { "x-one": "3", "x-two": "2" });
  assertEquals(target.query, { q: "3", r: "2" });
  assertEquals(JSON.stringify(target.body), '{"deep":{"a":1,"b":3},"list":[3]}');
  assertEquals([target.timeouts.connectMs, target.timeouts.idleMs], [1000, 9000]);
  assertEquals(target.retry, { attempts: 3, maxWaitMs: 0 });
  assertEquals([target.onLoss, target.pingIntervalMs], ["error", 5000]);
  assertEquals([target.maxOutputTokens, target.contextWindow], [10, 20]);
});

Deno.test("resolveConfig() does not let a target that defaults name fall back to itself", async () => {
  const { targets } = await configOf(`
defaults: {api_mode: chat_completions, base_url: http://h, fallback: [backup]}
targets: {a: {}, b: {fallback: []}, backup: {}}
`);
  assertEquals([...targets.values()].map(({ fallback }) => fallback), [["backup"], [], []]);
});

const URLS: { written: string; want: string }[] = [
  { written: "https://host/v1", want: "https://host/v1" },
  { written: "https://host/v1/", want: "https://host/v1" },
  { written: "https://host/", want: "https://host" },
  { written: "https://host", want: "https://host" },
  { written: "HTTPS://Host:443/V1//", want: "https://host/V1" },
  { written: "http://[::1]:8000/v1", want: "http://[::1]:8000/v1" },
];

for (const { written, want } of URLS) {
  Deno.test(`resolveConfig() makes '${want}' of base_url '${written}'`, async () => {
    const text = `targets: {a: {api_mode: chat_completions, base_url: "${written}"}}`;
    assertEquals((await targetOf(text)).baseUrl, want);
  });
}

Deno.test("resolveConfig() takes one key or several, and an empty one for none", async () => {
  const keys = async (text: string) =>
    (await targetOf(`${plainConfig()}    api_key: ${text}\n`, { env: { KEY: "k" } })).apiKeys;
  assertEquals(await keys("one"), ["one"]);
  assertEquals(await keys("[one, two]"), ["one", "two"]);
  assertEquals(await keys("${KEY}"), ["k"]);
  assertEquals(await keys("${NONE:-}"), []);
  assertEquals(await keys("[${NONE:-}, ${KEY}]"), ["k"]);
});

Deno.test("resolveConfig() makes numbers and booleans of what comes from outside", async () => {
  const env = { PORT: "99", BODIES: "true", LIMIT: "5", FACTOR: "1.5", SIZE: "2048" };
  const text = "listen: {port: ${PORT}, max_body: ${SIZE}}\nlogging: {bodies: ${BODIES}}\n" +
    `${plainConfig()}    max_output_tokens: \${LIMIT}\n` +
    "    quirks: {token_factor: ${FACTOR}, tools: ${BODIES}}\n";
  const { listen, logging, targets } = await configOf(text, { env });
  assertEquals([listen.port, listen.maxBodyBytes, logging.bodies], [99, 2048, true]);
  const target = targets.get("a");
  assertEquals([target?.maxOutputTokens, target?.profileFor("x").token_factor], [5, 1.5]);
});

Deno.test("resolveConfig() keeps the file's order of globs, numbers too", async () => {
  const target = await targetOf(
    `${plainConfig()}    model: rest\n    models: {"b*": 2nd, "10": ten, "*haiku*": small}\n`,
  );
  const models = ["bx-haiku", "10", "claude-haiku-4", "other", "CLAUDE-HAIKU-4[1m]"];
  assertEquals(models.map((model) => upstreamModel(target, model)), [
    "2nd",
    "ten",
    "small",
    "rest",
    "small",
  ]);
});
