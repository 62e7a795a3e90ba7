import { assert, assertEquals } from "@std/assert";
import {
  bytes,
  closedPort,
  events,
  FakeUpstream,
  hangUp,
  json,
  pieces,
  type Script,
  silence,
} from "../support/fake_upstream.ts";
import { completion, delta, finish, streamOf } from "../support/server_chat.ts";
import { ask, askStream, startGateway, targets } from "../support/server_gateway.ts";

const HEAD = "HTTP/1.1 200 OK\r\n";
const SSE = `${HEAD}content-type: text/event-stream\r\n`;

/** What may be wrong with an upstream; each ends in an error that the client understands. */
const FAULTS: { name: string; script: Script; lines?: readonly string[] }[] = [
  { name: "a page", script: json("<html>", { headers: { "content-type": "text/html" } }) },
  { name: "an empty body", script: json("") },
  {
    name: "an empty JSON body",
    script: json("", { headers: { "content-type": "application/json" } }),
  },
  { name: "no content", script: bytes("HTTP/1.1 204 No Content\r\n\r\n") },
  {
    name: "a redirect",
    script: json("", { status: 302, headers: { location: "http://a.test/" } }),
  },
  { name: "a redirect without a place", script: json("", { status: 307 }) },
  { name: "an error object with status 200", script: json({ error: { message: "x" } }) },
  { name: "an error text with status 200", script: json({ error: "x" }) },
  { name: "an empty object", script: json({}) },
  { name: "a list", script: json([]) },
  { name: "a string", script: json('"x"') },
  {
    name: "JSON that is cut",
    script: json('{"choices":[{"mess', { headers: { "content-type": "application/json" } }),
  },
  { name: "no choices", script: json({ choices: [] }) },
  { name: "choices of the wrong type", script: json({ choices: 5 }) },
  { name: "a choice that is null", script: json({ choices: [null] }) },
  { name: "a stream of errors", script: events([{ error: { message: "x" } }]) },
  { name: "a stream of nonsense", script: pieces(["data: a\n\n", "data: b\n\n", "data: c\n\n"]) },
  { name: "a stream of binary", script: bytes(`${SSE}\r\n\u0000\u0001\u0002\u00ff\u00fe`) },
  { name: "a connection that closes", script: hangUp },
  { name: "a head that is cut", script: bytes("HTTP/1.1 200") },
  { name: "no HTTP", script: bytes("SSH-2.0-OpenSSH_9.7\r\n") },
  { name: "an impossible status", script: bytes("HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n") },
  { name: "a body shorter than it says", script: bytes(`${HEAD}content-length: 100\r\n\r\n{"a`) },
  { name: "a broken chunk", script: bytes(`${SSE}transfer-encoding: chunked\r\n\r\nzz\r\n`) },
  {
    name: "gzip that is none",
    script: bytes(`${SSE}content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello`),
  },
  { name: "silence", script: silence, lines: ["timeouts: { first_byte: 60ms }"] },
  {
    name: "a head and silence",
    script: async (call) => {
      await call.begin();
      await call.closed;
    },
    lines: ["timeouts: { idle: 60ms }"],
  },
  {
    name: "an error and silence",
    script: async (call) => {
      await call.begin({ status: 500 });
      await call.closed;
    },
    lines: ["timeouts: { idle: 60ms }"],
  },
  {
    name: "a line without an end",
    script: async (call) => {
      await call.begin();
      const piece = "x".repeat(1024 * 1024);
      await call.write("data: ");
      for (let count = 0; count < 20 && !call.isClosed; count++) await call.write(piece);
    },
  },
];

function config(url: string, lines: readonly string[] = []): string {
  return targets({
    chat: ["api_mode: chat_completions", `base_url: ${url}/v1`, ...lines],
    relay: ["api_mode: anthropic_messages", `base_url: ${url}`, ...lines],
  });
}

for (const { name, script, lines } of FAULTS) {
  Deno.test(`${name} from upstream is an error, and the next request is served`, async () => {
    await using upstream = new FakeUpstream(script);
    await using gateway = await startGateway(config(upstream.url, lines), { commitWindowMs: 1000 });
    for (const path of ["/chat/v1/messages", "/relay/v1/messages"]) {
      for (const body of [ask(), askStream()]) {
        const response = await gateway.post(path, body);
        const text = await response.text();
        assert(
          text.includes('"type":"error"'),
          `${path}: ${response.status} ${text.slice(0, 300)}`,
        );
        assert(!text.includes("message_stop"), text.slice(0, 300));
      }
    }
    assert(!gateway.log().includes("Internal error"), gateway.log());
    upstream.play(json(completion("ok")));
    const next = await gateway.post("/chat/v1/messages", ask());
    assertEquals(next.status, 200);
    await next.body?.cancel();
  });
}

/** Odd answers that still can be understood. */
const UNDERSTOOD: { name: string; script: Script }[] = [
  { name: "plain JSON in place of a stream", script: json(completion("ok")) },
  {
    name: "pretty JSON in place of a stream",
    script: json(JSON.stringify(completion("ok"), null, 2)),
  },
  {
    name: "NDJSON",
    script: pieces([delta("o"), delta("k"), finish()].map((line) => JSON.stringify(line) + "\n")),
  },
  {
    name: "a byte order mark, CRLF and comments",
    script: pieces([
      "\uFEFF: hello\r\n\r\n",
      ...streamOf("ok").map((data) =>
        `data:${typeof data === "string" ? data : JSON.stringify(data)}\r\n\r\n`
      ),
    ]),
  },
  {
    name: "no blank lines between events",
    script: pieces(
      streamOf("ok").map((data) =>
        `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n`
      ),
    ),
  },
  {
    name: "one garbage event",
    script: pieces([
      "data: <oops>\n\n",
      ...[delta("ok"), finish(), "[DONE]"].map((data) =>
        `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`
      ),
    ]),
  },
];

for (const { name, script } of UNDERSTOOD) {
  Deno.test(`${name} from upstream is understood`, async () => {
    await using upstream = new FakeUpstream(script);
    await using gateway = await startGateway(config(upstream.url));
    const response = await gateway.post("/chat/v1/messages", askStream());
    const text = await response.text();
    assertEquals(response.status, 200, text);
    const deltas = [...text.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, word]) => word);
    assertEquals(deltas.join(""), "ok");
    assert(text.includes("message_stop"));
  });
}

Deno.test("cuts of a stream at every byte never look finished", async () => {
  const whole = streamOf("a€😀").map((data) =>
    `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`
  ).join("");
  const all = new TextEncoder().encode(whole);
  const end = whole.indexOf("finish_reason");
  let at = 0;
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.write(all.slice(0, at));
    call.close();
  });
  await using gateway = await startGateway(config(upstream.url));
  for (at = 0; at < end; at += 3) {
    const text = await (await gateway.post("/chat/v1/messages", askStream())).text();
    assert(text.includes('"type":"error"'), `cut at ${at}: ${text}`);
    assert(!text.includes("message_stop"), `cut at ${at}: ${text}`);
  }
});

Deno.test("a host that does not exist is an error", async () => {
  await using gateway = await startGateway(config("http://no-such-host.invalid"));
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.status, 502);
  assert((await response.text()).includes("cannot be resolved"));
});

Deno.test("TLS where there is none is an error that no retry can mend", async () => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    return new Response("plain");
  });
  await using gateway = await startGateway(config(`https://127.0.0.1:${server.addr.port}`));
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals([response.status, response.headers.get("x-should-retry")], [502, "false"]);
  assert((await response.text()).includes("TLS"));
  await server.shutdown();
});

Deno.test("a port where nobody listens is an error in a stream too", async () => {
  await using gateway = await startGateway(config(`http://127.0.0.1:${closedPort()}`));
  const response = await gateway.post("/relay/v1/messages", askStream());
  assertEquals(response.status, 502);
  await response.body?.cancel();
});
