import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { problemsOf } from "../support/config.ts";
import { FakeUpstream, json } from "../support/fake_upstream.ts";
import { sendRaw, statusesOf } from "../support/raw_http.ts";
import { completion, toolCompletion } from "../support/server_chat.ts";
import { errorOf } from "../support/server_client.ts";
import {
  ask,
  askStream,
  chatTarget,
  relayTarget,
  startGateway,
  targets,
} from "../support/server_gateway.ts";
import { timed } from "../support/server_wait.ts";

const OK = json(completion("ok"));

/** First path segments that are no target, however they are spelt. */
const NO_TARGETS = [
  "..",
  "%2e%2e",
  "%2e%2e%2fchat",
  "chat%2f..%2fchat",
  "chat%00",
  "%00",
  "chat%0d%0ax-injected:%201",
  "CHAT",
  "chat.",
  "chat%20",
  "chat;a=b",
  "ch%C3%A4t",
  "%ff",
  "%",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "a".repeat(20_000),
];

Deno.test("a path that names no target reaches none", async () => {
  await using upstream = new FakeUpstream(OK);
  await using gateway = await startGateway(chatTarget(upstream.url));
  const body = JSON.stringify(ask());
  for (const name of NO_TARGETS) {
    for (const path of [`/${name}/v1/messages`, `/chat/${name}/v1/messages`, `/${name}`]) {
      const fields = `host: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n` +
        `content-length: ${body.length}\r\n`;
      const received = await sendRaw(gateway.url, `POST ${path} HTTP/1.1\r\n${fields}\r\n${body}`);
      const [status] = statusesOf(received);
      assert(status === 404 || status === 405 || status === 400, `${path}: ${received}`);
      assert(!/^x-injected/m.test(received), received);
    }
  }
  assertEquals(upstream.calls.length, 0);
  assert(!gateway.log().includes("Internal error"), gateway.log());
});

Deno.test("a model's name from the client reaches no path and no property", async () => {
  await using upstream = new FakeUpstream(OK);
  await using gateway = await startGateway(chatTarget(upstream.url));
  for (const model of ["__proto__", "constructor", "anthropic/../chat", "../../etc/passwd"]) {
    const unknown = await gateway.post("/v1/messages", ask("hi", { model }));
    assertEquals(unknown.status, 404);
    await unknown.body?.cancel();
    const named = await gateway.post("/chat/v1/messages", ask("hi", { model }));
    assertEquals(named.status, 200);
    await named.body?.cancel();
    assertEquals(upstream.calls.at(-1)?.path, "/v1/chat/completions");
  }
});

/** Requests with the names of `Object.prototype` wherever a client may choose a name. */
const PROTOTYPE_BODIES = ["__proto__", "constructor", "prototype", "toString"].flatMap((name) => [
  JSON.stringify(ask()).replace("{", `{"${name}":{"polluted":true},`),
  JSON.stringify(ask("hi", { tools: [{ name, input_schema: { type: "object" } }] })),
  JSON.stringify(ask("hi", {
    tools: [{ name: "t", input_schema: { type: "object", properties: {} } }],
  })).replace('"properties":{', `"${name}":{"polluted":true},"properties":{"${name}":{}`),
  JSON.stringify(ask("hi", {
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", content: [{ type: "tool_use", id: "t1", name, input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "x" }] },
    ],
  })).replace('"input":{}', `"input":{"${name}":{"polluted":true}}`),
  JSON.stringify(ask("hi", { metadata: { user_id: name }, tool_choice: { type: "tool", name } })),
]);

Deno.test("names of Object.prototype are names like any other", async () => {
  await using upstream = new FakeUpstream(OK, json(toolCompletion("__proto__", { a: 1 })));
  await using gateway = await startGateway(chatTarget(upstream.url));
  for (const body of PROTOTYPE_BODIES) {
    const response = await gateway.post("/chat/v1/messages", body);
    const text = await response.text();
    assert(response.status === 200 || response.status === 400, `${body}: ${text}`);
    assertEquals(Object.hasOwn(Object.prototype, "polluted"), false);
    assertEquals(({} as Record<string, unknown>).polluted, undefined);
  }
});

Deno.test("the config's placeholders in a request are just text", async () => {
  await using upstream = new FakeUpstream(OK);
  const sources = { env: { HOME: "planted-home" }, files: { "proxy.yaml": "planted-file" } };
  await using gateway = await startGateway(chatTarget(upstream.url), sources);
  const text = "${file:proxy.yaml} ${HOME} ${HOME:-x} $$";
  const response = await gateway.post("/chat/v1/messages", ask(text, { model: text }));
  assertEquals(response.status, 200);
  await response.body?.cancel();
  const { json: sent } = upstream.call;
  assertEquals(sent.model, text);
  assertStringIncludes(upstream.call.text, text);
});

/** Bodies that cost more than they look like, and what they get. */
const BOMBS: { name: string; body: () => string; status: number }[] = [
  { name: "a million open lists", body: () => "[".repeat(1_000_000), status: 400 },
  {
    name: "lists 200,000 deep",
    body: () => "[".repeat(200_000) + "]".repeat(200_000),
    status: 400,
  },
  {
    name: "a list of a million numbers",
    body: () => JSON.stringify(ask("x", { messages: Array(1_000_000).fill(1) })),
    status: 400,
  },
  {
    name: "an object of 200,000 names",
    body: () =>
      JSON.stringify({
        ...ask(),
        ...Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`n${at}`, at])),
      }),
    status: 200,
  },
  {
    name: "a number of a million digits",
    body: () => JSON.stringify(ask()).replace("100", "1".repeat(1_000_000)),
    status: 400,
  },
];

for (const { name, body, status } of BOMBS) {
  Deno.test(`${name} are answered with ${status}, and soon`, async () => {
    await using upstream = new FakeUpstream(OK);
    await using gateway = await startGateway(chatTarget(upstream.url));
    for (const path of ["/chat/v1/messages", "/chat/v1/messages/count_tokens"]) {
      const time = await timed(async () => {
        const response = await gateway.post(path, body());
        const text = await response.text();
        assertEquals(response.status, status, text.slice(0, 500));
      });
      assert(time < 10_000, `${time} ms`);
    }
    assert(!gateway.log().includes("Internal error"), gateway.log().slice(0, 2000));
  });
}

async function gzip(size: number): Promise<Uint8Array<ArrayBuffer>> {
  const megabyte = new Uint8Array(1024 * 1024).fill(32);
  let left = size;
  const spaces = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller): void {
      if (left-- > 0) controller.enqueue(megabyte);
      else controller.close();
    },
  });
  const packed = spaces.pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

Deno.test("a gzip bomb is unpacked no further than listen.max_body", async () => {
  const bomb = await gzip(300);
  assert(bomb.length < 400_000, `${bomb.length}`);
  await using gateway = await startGateway(
    `${chatTarget("http://127.0.0.1:9")}listen: { max_body: 1MiB }\n`,
  );
  for (const encoding of ["gzip", "deflate", "gzip, gzip", "br"]) {
    const headers = { "content-type": "application/json", "content-encoding": encoding };
    const before = Deno.memoryUsage().rss;
    const response = await gateway.post("/chat/v1/messages", "", { body: bomb, headers });
    await response.body?.cancel();
    assertEquals(response.status, encoding === "gzip" ? 413 : 400);
    assert(Deno.memoryUsage().rss - before < 150 * 1024 * 1024, "it was unpacked");
  }
});

Deno.test("globs over the client's model name take time that grows with its length only", async () => {
  await using upstream = new FakeUpstream(OK);
  const glob = `"${"*a".repeat(30)}b": small`;
  await using gateway = await startGateway(chatTarget(upstream.url, [`models: { ${glob} }`]));
  const time = await timed(async () => {
    const model = "a".repeat(50_000);
    const response = await gateway.post("/chat/v1/messages", ask("hi", { model }));
    assertEquals(response.status, 200);
    await response.body?.cancel();
  });
  assert(time < 5_000, `${time} ms`);
  assert(gateway.log().length < 10_000, "the log holds the name");
});

Deno.test("error texts of an upstream are looked through in time that grows with their length only", async () => {
  const units = ["http://", "https://a@", "sk-", "Bearer ", "a@a.", "org-", "account id: ", "x"];
  await using upstream = new FakeUpstream();
  await using gateway = await startGateway(
    targets({
      chat: ["api_mode: chat_completions", `base_url: ${upstream.url}/v1`],
      relay: ["api_mode: anthropic_messages", `base_url: ${upstream.url}`],
    }),
  );
  const time = await timed(async () => {
    for (const unit of units) {
      const message = unit.repeat(1_000_000 / unit.length);
      upstream.play(
        json({ type: "error", error: { type: "api_error", message } }, { status: 500 }),
      );
      for (const path of ["/chat/v1/messages", "/relay/v1/messages"]) {
        const response = await gateway.post(path, ask());
        assertEquals(response.status, 500);
        assert((await response.text()).length < 20_000);
      }
    }
  });
  assert(time < 20_000, `${time} ms`);
});

Deno.test("no web page gets an answer: no CORS header, no preflight, no form", async () => {
  await using upstream = new FakeUpstream(OK);
  await using gateway = await startGateway(chatTarget(upstream.url));
  const origin = { origin: "https://evil.example" };
  const preflight = await gateway.get("/chat/v1/messages", {
    method: "OPTIONS",
    headers: { ...origin, "access-control-request-method": "POST" },
  });
  const form = await gateway.post("/chat/v1/messages", "a=b", {
    headers: { ...origin, "content-type": "application/x-www-form-urlencoded" },
  });
  for (const [response, status] of [[preflight, 405], [form, 400]] as const) {
    assertEquals(response.status, status);
    const names = [...response.headers.keys()];
    assert(!names.some((name) => name.startsWith("access-control")), String(names));
    await response.body?.cancel();
  }
  // A name of the page's own that leads to this machine; `fetch` would not send it.
  const body = JSON.stringify(ask());
  const fields = "host: evil.example\r\norigin: https://evil.example\r\nconnection: close\r\n" +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  for (const line of ["POST /chat/v1/messages", "GET /api/status", "GET /v1/models", "GET /"]) {
    const received = await sendRaw(gateway.url, `${line} HTTP/1.1\r\n${fields}`);
    assertEquals(statusesOf(received), [403], line);
    assert(!received.toLowerCase().includes("access-control"), received);
  }
  assertEquals(upstream.calls.length, 0);
});

Deno.test("no route follows a redirect with the target's key", async () => {
  await using other = new FakeUpstream(OK);
  const location = `${other.url}/elsewhere`;
  await using upstream = new FakeUpstream(json("", { status: 307, headers: { location } }));
  const key = ["api_key: sk-redirected-0001"];
  for (
    const [name, yaml] of [["chat", chatTarget(upstream.url, key)], [
      "relay",
      relayTarget(upstream.url, key),
    ]] as const
  ) {
    await using gateway = await startGateway(yaml);
    for (const request of [ask(), askStream()]) {
      const response = await gateway.post(`/${name}/v1/messages`, request);
      assertEquals(response.status, 502);
      assertEquals(response.headers.get("location"), null);
      assertStringIncludes(errorOf(await response.json()).message, "redirect");
    }
    const count = await gateway.post(`/${name}/v1/messages/count_tokens`, ask());
    const models = await gateway.get(`/${name}/v1/models`);
    await Promise.all([count.body?.cancel(), models.body?.cancel()]);
  }
  assert(upstream.calls.length >= 4);
  assertEquals(other.calls.length, 0);
});

/** Values that would begin a header of their own. */
const INJECTIONS: { name: string; line: string }[] = [
  { name: "a header's value", line: 'headers: { x-a: "b\\r\\nx-b: c" }' },
  { name: "a header's name", line: 'headers: { "x-a: b\\r\\nx-b": c }' },
  { name: "a key", line: 'api_key: "sk-1234\\r\\nx-b: c"' },
  { name: "one of several keys", line: 'api_key: [sk-1234, "sk-1\\nx-b: c"]' },
  { name: "the host header", line: "headers: { host: evil.example }" },
  { name: "the body's length", line: "headers: { content-length: 5 }" },
  { name: "the transfer's coding", line: "headers: { transfer-encoding: chunked }" },
];

for (const { name, line } of INJECTIONS) {
  Deno.test(`a config that puts another header into ${name} is refused`, async () => {
    const problems = await problemsOf(chatTarget("http://127.0.0.1:9", [line]));
    assert(problems.includes("f:"), problems);
    assert(!problems.includes("sk-1"), problems);
  });
}
