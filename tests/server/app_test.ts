import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../src/version.ts";
import { FakeUpstream, json } from "../support/fake_upstream.ts";
import { completion } from "../support/server_chat.ts";
import { errorOf } from "../support/server_client.ts";
import { ask, chatTarget, startGateway, targets } from "../support/server_gateway.ts";

const KEYS = `auth:
  keys:
    - { name: all, key: key-for-all }
    - { name: one, key: key-for-one, targets: [a] }
`;

/** Two targets that nobody answers for. */
const TWO = targets({
  a: ["api_mode: chat_completions", "base_url: http://127.0.0.1:9/v1", "model: small"],
  b: ["api_mode: anthropic_messages", "base_url: http://127.0.0.1:9"],
});

/** Routes without an upstream, and what they answer. */
const ROUTES: {
  method: string;
  path: string;
  status: number;
  type?: string;
  says?: string;
  allow?: string;
}[] = [
  { method: "HEAD", path: "/", status: 200 },
  { method: "GET", path: "/a", status: 200 },
  { method: "HEAD", path: "/a", status: 200 },
  { method: "HEAD", path: "/a/", status: 200 },
  { method: "HEAD", path: "/b?x=1", status: 200 },
  { method: "GET", path: "/healthz", status: 200 },
  { method: "GET", path: "/healthz/", status: 200 },
  { method: "GET", path: "/readyz", status: 200 },
  { method: "GET", path: "/v1/models", status: 200 },
  { method: "HEAD", path: "/v1/models", status: 200 },
  { method: "GET", path: "/a/v1/models/?limit=1000", status: 200 },
  { method: "GET", path: "/none", status: 404, type: "not_found_error", says: "a, b" },
  { method: "HEAD", path: "/none", status: 404 },
  { method: "POST", path: "/none/v1/messages", status: 404, type: "not_found_error", says: "a, b" },
  {
    method: "POST",
    path: "/none/v1/messages/count_tokens",
    status: 404,
    type: "not_found_error",
    says: "a, b",
  },
  { method: "GET", path: "/none/v1/models", status: 404, type: "not_found_error", says: "a, b" },
  { method: "POST", path: "/a/v1/complete", status: 404, type: "not_found_error" },
  { method: "POST", path: "/a/v1/messages/batches", status: 404, type: "not_found_error" },
  {
    method: "POST",
    path: "/a/v1/v1/messages",
    status: 404,
    type: "not_found_error",
    says: "leave /v1 out",
  },
  { method: "GET", path: "/v1/nothing", status: 404, type: "not_found_error", says: "/v1/nothing" },
  { method: "GET", path: "/__proto__/v1/models", status: 404, type: "not_found_error" },
  { method: "GET", path: "/a/v1/messages", status: 405, allow: "POST" },
  { method: "PUT", path: "/a/v1/messages/", status: 405, allow: "POST" },
  { method: "GET", path: "/v1/messages", status: 405, allow: "POST" },
  { method: "GET", path: "/a/v1/messages/count_tokens", status: 405, allow: "POST" },
  { method: "DELETE", path: "/a/v1/models", status: 405, allow: "GET, HEAD" },
  { method: "DELETE", path: "/a/v1/models/m", status: 405, allow: "GET, HEAD" },
  { method: "DELETE", path: "/v1/models/anthropic/a", status: 405, allow: "GET, HEAD" },
  { method: "POST", path: "/healthz", status: 405, allow: "GET, HEAD" },
  { method: "POST", path: "/readyz", status: 405, allow: "GET, HEAD" },
  { method: "OPTIONS", path: "/a/v1/messages", status: 405, allow: "POST" },
];

for (const { method, path, status, type, says, allow } of ROUTES) {
  Deno.test(`${method} ${path} answers ${status}`, async () => {
    await using gateway = await startGateway(TWO);
    const response = await gateway.get(path, {
      method,
      headers: { "content-type": "application/json" },
    });
    const text = await response.text();
    assertEquals(response.status, status, text);
    assertMatch(response.headers.get("request-id") ?? "", /^req_[A-Za-z0-9]{20,}$/);
    assertEquals(response.headers.get("allow"), allow ?? null);
    assertStringIncludes(text, type ?? "");
    assertStringIncludes(text, says ?? "");
  });
}

Deno.test("/healthz tells the live config", async () => {
  await using gateway = await startGateway(TWO + KEYS);
  const body = await (await gateway.get("/healthz")).json();
  assertEquals(Object.keys(body), ["status", "version", "config"]);
  assertEquals(body.status, "ok");
  assertEquals(body.version, VERSION);
  assertEquals(Object.keys(body.config), ["generation", "hash", "loaded_at", "error"]);
  assertEquals(body.config.generation, 1);
  assertEquals(body.config.error, null);
  assertMatch(body.config.hash, /^[0-9a-f]{12}$/);
  assertMatch(body.config.loaded_at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

Deno.test("while draining /readyz answers 503 and a new request 529", async () => {
  await using gateway = await startGateway(TWO, { isDraining: () => true });
  const ready = await gateway.get("/readyz");
  assertEquals(ready.status, 503);
  await ready.body?.cancel();
  const response = await gateway.post("/a/v1/messages", ask());
  assertEquals(response.status, 529);
  assertEquals(response.headers.get("retry-after"), "1");
  assertEquals(errorOf(await response.json()).type, "overloaded_error");
});

/** Which target a request without one in its path goes to. */
const PICKED: { model: string; fallback?: string; want: string }[] = [
  { model: "two", want: "two" },
  { model: "anthropic/two", want: "two" },
  { model: "anthropic/two[1m]", want: "two" },
  { model: "one", fallback: "default_target: two", want: "one" },
  { model: "claude-sonnet-4-5", fallback: "default_target: two", want: "two" },
  { model: "anthropic/none", fallback: "default_target: two", want: "two" },
];

for (const { model, fallback = "", want } of PICKED) {
  Deno.test(`POST /v1/messages with model ${model} and '${fallback}' goes to ${want}`, async () => {
    await using upstream = new FakeUpstream(json(completion("ok")));
    const lines = ["api_mode: chat_completions", `base_url: ${upstream.url}/v1`];
    await using gateway = await startGateway(`${targets({ one: lines, two: lines })}${fallback}\n`);
    const response = await gateway.post("/v1/messages", ask("hi", { model }));
    assertEquals(response.headers.get("x-switchyard-target"), want);
    assertEquals((await response.json()).model, model);
    const count = await gateway.post("/v1/messages/count_tokens", ask("hi", { model }));
    assertEquals(count.status, 200);
    assert((await count.json()).input_tokens > 0);
  });
}

Deno.test("POST /v1/messages without a target for its model answers 404 with the known ones", async () => {
  await using gateway = await startGateway(TWO);
  for (const path of ["/v1/messages", "/v1/messages/count_tokens"]) {
    const response = await gateway.post(path, ask("hi", { model: "claude-x" }));
    assertEquals(response.status, 404);
    const { type, message } = errorOf(await response.json());
    assertEquals(type, "not_found_error");
    assertStringIncludes(message, "known targets: a, b");
  }
});

/** Requests to a server with keys. */
const KEYED: {
  name: string;
  headers: Readonly<Record<string, string>>;
  path?: string;
  status: number;
  type?: string;
}[] = [
  { name: "no key", headers: {}, status: 401, type: "authentication_error" },
  {
    name: "a wrong key",
    headers: { "x-api-key": "key-for-al" },
    status: 401,
    type: "authentication_error",
  },
  { name: "a wrong scheme", headers: { authorization: "Basic key-for-all" }, status: 401 },
  { name: "an empty key", headers: { "x-api-key": "" }, status: 401 },
  { name: "no key for an unknown target", headers: {}, path: "/none", status: 401 },
  { name: "x-api-key", headers: { "x-api-key": "key-for-all" }, status: 200 },
  { name: "Bearer", headers: { authorization: "Bearer key-for-all" }, status: 200 },
  { name: "bearer", headers: { authorization: "bearer key-for-all" }, status: 200 },
  {
    name: "both, one of them right",
    headers: { "x-api-key": "sk-ant-else", authorization: "Bearer key-for-all" },
    status: 200,
  },
  { name: "its own target", headers: { "x-api-key": "key-for-one" }, status: 200 },
  {
    name: "another target",
    headers: { "x-api-key": "key-for-one" },
    path: "/b/v1/models",
    status: 403,
    type: "permission_error",
  },
  {
    name: "an unknown target, and names its own only",
    headers: { "x-api-key": "key-for-one" },
    path: "/none/v1/models",
    status: 404,
    type: 'known targets: a"',
  },
  { name: "no key for /healthz", headers: {}, path: "/healthz", status: 200 },
  { name: "no key for a target's probe", headers: {}, path: "/a", status: 200 },
  {
    name: "a foreign Host with a key",
    headers: { "x-api-key": "key-for-all", host: "gateway.example" },
    status: 200,
  },
];

for (const { name, headers, path = "/a/v1/models", status, type = "" } of KEYED) {
  Deno.test(`a server with keys answers ${status} to ${name}`, async () => {
    await using gateway = await startGateway(TWO + KEYS);
    const response = await gateway.get(path, { headers });
    const text = await response.text();
    assertEquals(response.status, status, text);
    assertStringIncludes(text, type.replace(/"$/, ""));
    assert(!text.includes("key-for-"));
  });
}

Deno.test("a key sees its own targets only", async () => {
  await using gateway = await startGateway(TWO + KEYS);
  const headers = { "x-api-key": "key-for-one" };
  const { data } = await (await gateway.get("/v1/models", { headers })).json();
  assertEquals(data.map(({ id }: { id: string }) => id), ["anthropic/a"]);
  const post = await gateway.post("/v1/messages", ask("hi", { model: "b" }), { headers });
  assertEquals(post.status, 403);
  await post.body?.cancel();
});

Deno.test("an error is answered once and logged once", async () => {
  await using gateway = await startGateway(chatTarget("http://127.0.0.1:9"));
  const response = await gateway.get("/chat/v1/nothing");
  await response.body?.cancel();
  await gateway.access(response);
  assertEquals(gateway.records.filter(({ category }) => category === "access").length, 1);
});

Deno.test("a path of a mere star is answered once, by 404", async () => {
  await using gateway = await startGateway(TWO);
  const response = await gateway.post("/*", ask());
  const body = await response.json();
  assertEquals([response.status, body.error.type], [404, "not_found_error"]);
  assertEquals(response.headers.get("request-id"), body.request_id);
  assertEquals((await gateway.access(response)).status, 404);
  assertEquals(gateway.services.streams.size, 0);
});
