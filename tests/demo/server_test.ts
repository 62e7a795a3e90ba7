import { assert, assertEquals, assertRejects } from "@std/assert";
import { startDemoServer } from "../../src/demo/server.ts";

const BODY = JSON.stringify({
  model: "m",
  max_tokens: 1000,
  stream: true,
  messages: [{ role: "user", content: "hello" }],
});
const HEADERS = { "content-type": "application/json", "anthropic-version": "2023-06-01" };

Deno.test("startDemoServer() serves all APIs on a free loopback port", async () => {
  const demo = await startDemoServer({ delayMs: 0 });
  const base = `http://127.0.0.1:${demo.port}`;
  for (const path of ["/v1/messages", "/v1/chat/completions"]) {
    const response = await fetch(base + path, { method: "POST", headers: HEADERS, body: BODY });
    assertEquals(response.status, 200);
    assertEquals(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    assert((await response.text()).includes("hello"));
  }
  const lists = await Promise.all(
    [{}, HEADERS].map((headers) => fetch(`${base}/v1/models`, { headers }).then((r) => r.json())),
  );
  assertEquals(lists.map((list) => list.object), ["list", undefined]);
  const unknown = await fetch(`${base}/v1/nothing`);
  assertEquals(unknown.status, 404);
  assertEquals(typeof (await unknown.json()).error.message, "string");
  await demo.shutdown();
  await assertRejects(() => fetch(base));
});

Deno.test("startDemoServer() streams event by event and stops for a client that goes away", async () => {
  const demo = await startDemoServer({ delayMs: 60_000 });
  const url = `http://127.0.0.1:${demo.port}/v1/messages`;
  const response = await fetch(url, { method: "POST", headers: HEADERS, body: BODY });
  const reader = response.body?.getReader();
  const first = await reader?.read();
  assert(new TextDecoder().decode(first?.value).startsWith("event: message_start"));
  await reader?.cancel();
  await demo.shutdown();
});

Deno.test("startDemoServer() ends its streams when it is shut down", async () => {
  const stop = new AbortController();
  const demo = await startDemoServer({ delayMs: 60_000, signal: stop.signal });
  const url = `http://127.0.0.1:${demo.port}/v1/messages`;
  const response = await fetch(url, { method: "POST", headers: HEADERS, body: BODY });
  stop.abort();
  await assertRejects(() => response.text());
  await demo.shutdown();
});
