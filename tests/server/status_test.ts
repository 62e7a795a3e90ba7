import { assertEquals } from "@std/assert";
import { FakeUpstream, silence } from "../support/fake_upstream.ts";
import { ask, startGateway, targets } from "../support/server_gateway.ts";
import { soon, until } from "../support/server_wait.ts";

const DEAD = "base_url: http://127.0.0.1:9/v1";
const TWO = targets({
  a: ["api_mode: chat_completions", DEAD, "model: small", "api_key: [sk-secret-1, sk-secret-2]"],
  b: ["api_mode: anthropic_messages", DEAD],
});

Deno.test("GET /api/status tells the state of each target, and no secret", async () => {
  await using gateway = await startGateway(TWO);
  const response = await gateway.get("/api/status");
  assertEquals(response.status, 200);
  const text = await response.text();
  const { version: _, config, ...rest } = JSON.parse(text);
  assertEquals(config.generation, 1);
  assertEquals(config.error, null);
  const fresh = { breaker: "closed", dropped: 0 };
  const access = { ANTHROPIC_AUTH_TOKEN: "switchyard" };
  assertEquals(rest, {
    // The request itself is one.
    open_requests: 1,
    workers: [{ requests: 1, open_requests: 1 }],
    targets: [
      {
        name: "a",
        api_mode: "chat_completions",
        provider: rest.targets[0].provider,
        model: "small",
        keys: { total: 2, resting: 0 },
        claude_code: {
          ANTHROPIC_BASE_URL: `${gateway.url}/a`,
          ...access,
          ANTHROPIC_MODEL: "small",
        },
        ...fresh,
      },
      {
        name: "b",
        api_mode: "anthropic_messages",
        provider: rest.targets[1].provider,
        model: null,
        keys: { total: 0, resting: 0 },
        claude_code: { ANTHROPIC_BASE_URL: `${gateway.url}/b`, ...access },
        ...fresh,
      },
    ],
    requests: [],
    minutes: [],
  });
  assertEquals(text.includes("sk-secret"), false);
});

Deno.test("GET /api/status needs a key where there are keys, and shows its targets only", async () => {
  const auth = "auth: { keys: [{ name: x, key: key-for-b, targets: [b] }] }\n";
  await using gateway = await startGateway(TWO + auth);
  const refused = await gateway.get("/api/status");
  await refused.body?.cancel();
  assertEquals(refused.status, 401);
  const shown = await gateway.get("/api/status", { headers: { "x-api-key": "key-for-b" } });
  const { targets } = await shown.json();
  assertEquals(targets.map(({ name }: { name: string }) => name), ["b"]);
});

Deno.test("GET /api/status counts requests in flight", async () => {
  await using upstream = new FakeUpstream(silence);
  const lines = ["api_mode: chat_completions", `base_url: ${upstream.url}/v1`];
  await using gateway = await startGateway(targets({ a: lines }));
  const open = async () => (await (await gateway.get("/api/status")).json()).open_requests;
  const client = new AbortController();
  const arrived = upstream.next();
  const answer = gateway.post("/a/v1/messages", ask(), { signal: client.signal })
    .catch(() => "gone");
  await soon(arrived, "the upstream is asked");
  assertEquals(await open(), 2);
  client.abort();
  assertEquals(await answer, "gone");
  await until(async () => await open() === 1, "it is over");
});
