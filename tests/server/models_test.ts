import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FakeUpstream, json, silence } from "../support/fake_upstream.ts";
import { errorOf } from "../support/server_client.ts";
import { chatTarget, relayTarget, startGateway, targets } from "../support/server_gateway.ts";
import { timed } from "../support/server_wait.ts";

const MAPPED = targets({
  deepseek: [
    "api_mode: chat_completions",
    "base_url: http://127.0.0.1:9/v1",
    "model: deepseek-chat",
    "models: { 'claude-haiku-*': small, 'claude-3-7-sonnet-2025*': older, 'my/model:7b': own }",
    "context_window: 128000",
    "max_output_tokens: 8000",
  ],
});

Deno.test("GET /v1/models lists a target each, under an id that Claude Code keeps", async () => {
  await using gateway = await startGateway(MAPPED);
  const body = await (await gateway.get("/v1/models?limit=1000")).json();
  assertEquals(body, {
    data: [{
      type: "model",
      id: "anthropic/deepseek",
      display_name: "deepseek (deepseek-chat)",
      created_at: "1970-01-01T00:00:00Z",
      max_input_tokens: 128000,
      max_tokens: 8000,
    }],
    has_more: false,
    first_id: "anthropic/deepseek",
    last_id: "anthropic/deepseek",
  });
});

Deno.test("GET /<target>/v1/models lists its model and the Claude names that it maps", async () => {
  await using gateway = await startGateway(MAPPED);
  const { data } = await (await gateway.get("/deepseek/v1/models?limit=1000")).json();
  const ids: string[] = data.map(({ id }: { id: string }) => id);
  assertEquals(ids[0], "deepseek-chat");
  assert(ids.includes("claude-haiku-4-5"), ids.join());
  assert(ids.includes("claude-3-7-sonnet-2025*"), ids.join());
  assert(!ids.some((id) => id.startsWith("claude-opus")), ids.join());
  const haiku = data.find(({ id }: { id: string }) => id === "claude-haiku-4-5");
  assertEquals(haiku.display_name, "claude-haiku-4-5 (small)");
});

const PAGES: { query: string; want: readonly [ids: string, hasMore: boolean] }[] = [
  { query: "limit=2", want: ["a,b", true] },
  { query: "limit=2&after_id=anthropic/b", want: ["c,d", true] },
  { query: "limit=2&after_id=anthropic/d", want: ["e", false] },
  { query: "limit=2&before_id=anthropic/d", want: ["b,c", true] },
  { query: "limit=9&before_id=anthropic/c", want: ["a,b", false] },
  { query: "limit=0", want: ["a", true] },
  { query: "limit=nonsense", want: ["a,b,c,d,e", false] },
  { query: "after_id=unknown", want: ["a,b,c,d,e", false] },
  { query: "after_id=anthropic/e", want: ["", false] },
];

for (const { query, want } of PAGES) {
  Deno.test(`GET /v1/models?${query} gives the page ${want[0]}`, async () => {
    const lines = ["api_mode: chat_completions", "base_url: http://127.0.0.1:9/v1"];
    await using gateway = await startGateway(
      targets({ a: lines, b: lines, c: lines, d: lines, e: lines }),
    );
    const body = await (await gateway.get(`/v1/models?${query}`)).json();
    const ids = body.data.map(({ id }: { id: string }) => id.replace("anthropic/", ""));
    assertEquals([ids.join(), body.has_more], want);
    assertEquals(body.first_id, body.data[0]?.id ?? null);
    assertEquals(body.last_id, body.data.at(-1)?.id ?? null);
  });
}

const SHOWN: { path: string; want: string | null }[] = [
  { path: "/v1/models/anthropic/deepseek", want: "anthropic/deepseek" },
  { path: "/v1/models/anthropic%2Fdeepseek", want: "anthropic/deepseek" },
  { path: "/v1/models/deepseek", want: "anthropic/deepseek" },
  { path: "/v1/models/anthropic/none", want: null },
  { path: "/deepseek/v1/models/deepseek-chat", want: "deepseek-chat" },
  { path: "/deepseek/v1/models/claude-haiku-4-5", want: "claude-haiku-4-5" },
  { path: "/deepseek/v1/models/claude-haiku-9", want: "claude-haiku-9" },
  { path: "/deepseek/v1/models/claude-haiku-4-5%5B1m%5D", want: "claude-haiku-4-5[1m]" },
  { path: "/deepseek/v1/models/claude-haiku-4-5[1m]", want: "claude-haiku-4-5[1m]" },
  { path: "/deepseek/v1/models/my/model:7b", want: "my/model:7b" },
  { path: "/deepseek/v1/models/my%2Fmodel%3A7b", want: "my/model:7b" },
  { path: "/deepseek/v1/models/my%252Fmodel:7b", want: null },
  { path: "/deepseek/v1/models/gpt-5", want: null },
];

for (const { path, want } of SHOWN) {
  Deno.test(`GET ${path} shows ${want ?? "nothing"}`, async () => {
    await using gateway = await startGateway(MAPPED);
    const response = await gateway.get(path);
    const body = await response.json();
    assertEquals(response.status, want === null ? 404 : 200, JSON.stringify(body));
    assertEquals(want === null ? errorOf(body).type : body.id, want ?? "not_found_error");
  });
}

const UPSTREAM_LIST = {
  data: [
    { id: "vendor/model-a", created: 1_700_000_000, context_length: 1000 },
    { id: "model-b", name: "Model B" },
  ],
};

Deno.test("a target without a model lists its upstream's, asked once", async () => {
  await using upstream = new FakeUpstream(json(UPSTREAM_LIST));
  await using gateway = await startGateway(
    chatTarget(upstream.url, [
      "api_key: sk-0123456789",
      "models: { 'claude-opus-5': vendor/model-a }",
    ]),
  );
  for (let count = 0; count < 2; count++) {
    const { data } = await (await gateway.get("/chat/v1/models")).json();
    const ids = data.map(({ id }: { id: string }) => id);
    assertEquals(ids, ["claude-opus-5", "vendor/model-a", "model-b"]);
    assertEquals(data[1].max_input_tokens, 1000);
    assertEquals(data[1].created_at, "2023-11-14T22:13:20.000Z");
    assertEquals(data[2].display_name, "Model B");
  }
  const { method, path, headers } = upstream.call;
  assertEquals([method, path], ["GET", "/v1/models"]);
  assertEquals(headers.get("authorization"), "Bearer sk-0123456789");
  const any = await gateway.get("/chat/v1/models/what-ever");
  assertEquals((await any.json()).id, "what-ever");
});

Deno.test("a relay lists its upstream's models in the same shape", async () => {
  const model = {
    type: "model",
    id: "claude-x",
    display_name: "X",
    created_at: "2026-01-01T00:00:00Z",
  };
  await using upstream = new FakeUpstream(json({ data: [model], has_more: false }));
  await using gateway = await startGateway(
    relayTarget(`${upstream.url}/v1`, ["api_key: sk-ant-01234567"]),
  );
  const { data } = await (await gateway.get("/relay/v1/models")).json();
  assertEquals(data, [model]);
  assertStringIncludes(upstream.call.path, "/v1/models");
  assertEquals(upstream.call.headers.get("x-api-key"), "sk-ant-01234567");
  assert(upstream.call.headers.has("anthropic-version"));
});

Deno.test("an upstream that cannot list its models delays nobody for long", async () => {
  await using failing = new FakeUpstream(json({}, { status: 500 }));
  await using silent = new FakeUpstream(silence);
  const of = (url: string) => ["api_mode: chat_completions", `base_url: ${url}/v1`];
  await using gateway = await startGateway(
    targets({ failing: of(failing.url), silent: of(silent.url) }),
  );
  for (let count = 0; count < 2; count++) {
    const body = await (await gateway.get("/failing/v1/models")).json();
    assertEquals(body, { data: [], has_more: false, first_id: null, last_id: null });
  }
  assertEquals(failing.calls.length, 1);
  const time = await timed(async () => {
    assertEquals((await (await gateway.get("/silent/v1/models")).json()).data, []);
  });
  assert(time < 3_000, `${time} ms`);
  silent.call.close();
});
