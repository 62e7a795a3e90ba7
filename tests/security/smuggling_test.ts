import { assert, assertEquals } from "@std/assert";
import { FakeUpstream, json } from "../support/fake_upstream.ts";
import { sendRaw, statusesOf } from "../support/raw_http.ts";
import { completion } from "../support/server_chat.ts";
import { ask, relayTarget, startGateway, targets } from "../support/server_gateway.ts";
import { until } from "../support/server_wait.ts";

const BODY = JSON.stringify(ask());
function head(...fields: readonly string[]): string {
  const all = ["host: localhost", "content-type: application/json", ...fields];
  return `POST /chat/v1/messages HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n`;
}

const FIRST = head(`content-length: ${BODY.length}`) + BODY;
const LAST = head(`content-length: ${BODY.length}`, "connection: close") + BODY;

const chunked = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

/**
 * Requests whose end two readers might see in different places. None may bring a second request
 * upstream, and those that are refused none at all.
 */
const AMBIGUOUS: { name: string; text: string; calls: number; halfClose?: true }[] = [
  {
    name: "a length and chunks",
    text: head("content-length: 5", "transfer-encoding: chunked") + chunked + LAST,
    calls: 0,
  },
  {
    name: "two lengths",
    text: head(`content-length: ${BODY.length}`, "content-length: 5") + BODY,
    calls: 0,
  },
  { name: "a length with a sign", text: head("content-length: +5") + BODY, calls: 0 },
  { name: "a length that is a word", text: head("content-length: five") + BODY, calls: 0 },
  {
    name: "an unknown coding",
    text: head("transfer-encoding: xchunked") + LAST,
    calls: 0,
  },
  {
    name: "a blank before the colon",
    text: head(`content-length : ${BODY.length}`) + BODY,
    calls: 0,
  },
  {
    name: "a chunk size that is none",
    text: `${head("transfer-encoding: chunked")}zz\r\n${BODY}\r\n0\r\n\r\n`,
    calls: 0,
  },
  {
    name: "a chunk size that overflows",
    text: `${head("transfer-encoding: chunked")}fffffffffffffffff\r\n${BODY}\r\n0\r\n\r\n`,
    calls: 0,
  },
  { name: "a null byte in a header", text: head("x-a: b\u0000c") + BODY, calls: 0 },
  {
    name: "a body that ends too early",
    text: head(`content-length: ${BODY.length + 10}`) + BODY,
    calls: 0,
    halfClose: true,
  },
];

for (const { name, text, calls, halfClose = false } of AMBIGUOUS) {
  Deno.test(`a request with ${name} brings ${calls} upstream`, async () => {
    await using upstream = new FakeUpstream(json(completion("ok")));
    await using gateway = await startGateway(
      targets({ chat: ["api_mode: chat_completions", `base_url: ${upstream.url}/v1`] }),
    );
    const statuses = statusesOf(await sendRaw(gateway.url, text, { halfClose }));
    assert(statuses.every((status) => status < 500), String(statuses));
    assertEquals(statuses.filter((status) => status === 200).length, calls);
    await until(() => gateway.services.streams.size === 0, "the request is over");
    assertEquals(upstream.calls.length, calls);
    assert(!gateway.log().includes("Internal error"), gateway.log());
  });
}

Deno.test("two requests on one connection stay two", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(
    targets({ chat: ["api_mode: chat_completions", `base_url: ${upstream.url}/v1`] }),
  );
  const received = await sendRaw(gateway.url, FIRST + LAST);
  assertEquals(statusesOf(received), [200, 200]);
  assertEquals(upstream.calls.length, 2);
});

Deno.test("a relay forwards no header that could split or steer the upstream's request", async () => {
  const answer = { type: "message", role: "assistant", content: [], usage: {} };
  await using upstream = new FakeUpstream(json(answer));
  await using gateway = await startGateway(relayTarget(upstream.url));
  const fields = [
    "host: localhost",
    "content-type: application/json",
    `content-length: ${BODY.length}`,
    "anthropic-beta: one\tand two",
    "connection: close, x-app",
    "x-app: cli",
    "te: trailers",
    "trailer: x-app",
    "expect: nothing",
    "proxy-authorization: Basic eDp5",
    "x-forwarded-host: evil.example",
    "x-http-method-override: DELETE",
    "cookie: a=b",
    "origin: http://localhost",
  ];
  const text = `POST /relay/v1/messages?beta=true HTTP/1.1\r\n${
    fields.join("\r\n")
  }\r\n\r\n${BODY}`;
  assertEquals(statusesOf(await sendRaw(gateway.url, text)), [200]);
  const { headers, method, path, text: body } = upstream.call;
  assertEquals([method, path, body], ["POST", "/v1/messages?beta=true", BODY]);
  assertEquals(headers.get("host"), new URL(upstream.url).host);
  for (
    const name of [
      "te",
      "trailer",
      "expect",
      "proxy-authorization",
      "x-forwarded-host",
      "x-http-method-override",
      "cookie",
      "origin",
    ]
  ) assertEquals(headers.get(name), null, name);
});

Deno.test("query parameters of a client cannot replace a target's own", async () => {
  const answer = { type: "message", role: "assistant", content: [], usage: {} };
  await using upstream = new FakeUpstream(json(answer));
  await using gateway = await startGateway(relayTarget(upstream.url, ["query: { tenant: mine }"]));
  const response = await gateway.post("/relay/v1/messages?tenant=theirs&a=%0d%0ab", ask());
  await response.body?.cancel();
  const query = new URL(upstream.call.path, upstream.url).searchParams;
  assertEquals(query.getAll("tenant"), ["mine"]);
});

for (
  const host of [
    "local host",
    "\u4e2d\u6587 a",
    "a\tb",
    "[::1",
    "localhost:99999",
    "a/b",
    "a?b",
    "",
  ]
) {
  Deno.test(`a Host of '${host}' is refused and nothing else`, async () => {
    await using upstream = new FakeUpstream(json(completion("ok")));
    const keys = "auth: { keys: [{ name: a, key: key-of-a }] }\n";
    await using gateway = await startGateway(relayTarget(upstream.url) + keys);
    for (const path of ["/relay/v1/messages", "/none", "/healthz"]) {
      const text = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n` +
        `content-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;
      const statuses = statusesOf(await sendRaw(gateway.url, text));
      assert(statuses.every((status) => status >= 400 && status < 500), String(statuses));
    }
    assertEquals(upstream.calls.length, 0);
    assert(!gateway.log().includes("Internal error"), gateway.log());
  });
}
