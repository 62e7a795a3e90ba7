import { assert, assertEquals, assertRejects } from "@std/assert";
import { UpstreamUnreachableError } from "../../../src/errors.ts";
import { BodyReader } from "../../../src/upstream/body.ts";
import type { UpstreamResponse } from "../../../src/upstream/http.ts";
import { closeConnections, Exchange } from "../../../src/upstream/transport.ts";
import { configOf, plainConfig } from "../../support/config.ts";
import { type ConnectionScript, type RawConnection, RawServer } from "../../support/raw_server.ts";
import { soon } from "../../support/server_wait.ts";

const target = (await configOf(plainConfig())).targets.get("a");
if (!target) throw new Error("the config has no target");
const TARGET = target;

const encoder = new TextEncoder();

/** A server under a script, and calls to it. */
function startServer(script: ConnectionScript, listener?: Deno.Listener) {
  const server = new RawServer(script, listener);
  const begin = async (
    { headers = {}, body = "{}", url = server.url }: {
      headers?: Record<string, string>;
      body?: string | Uint8Array<ArrayBuffer>;
      url?: string;
    } = {},
  ): Promise<{ response: UpstreamResponse; exchange: Exchange; reader: BodyReader }> => {
    const exchange = new Exchange(TARGET, new AbortController().signal);
    const bytes = typeof body === "string" ? encoder.encode(body) : body;
    try {
      const response = await exchange.send({ url, headers: new Headers(headers), body: [bytes] });
      return { response, exchange, reader: new BodyReader(response.body, exchange) };
    } catch (error) {
      exchange.abort();
      throw error;
    }
  };
  return {
    server,
    begin,
    /** Sends a request, and reads the answer to its end. */
    async ask(options: Parameters<typeof begin>[0] = {}): Promise<string> {
      const { exchange, reader } = await begin(options);
      try {
        return await reader.text();
      } finally {
        exchange.close();
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      closeConnections();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Answers every request on a connection in the same way. */
function always(answer: string | Uint8Array): ConnectionScript {
  return async (connection) => {
    while (await connection.request()) await connection.write(answer);
  };
}

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

Deno.test("a request goes out with its host, its length and no compression asked for", async () => {
  const requests: (string | undefined)[] = [];
  await using upstream = startServer(async (connection) => {
    requests.push(await connection.request());
    await connection.write(OK);
  });
  const { host } = new URL(upstream.server.url);
  const url = `${upstream.server.url}/v1/chat?a=b%20c&d=€`;
  const headers = { "x-a": "1", connection: "close", "transfer-encoding": "chunked", te: "x" };
  assertEquals(await upstream.ask({ url, headers, body: "{é}" }), "ok");
  assertEquals(requests[0]?.split("\r\n"), [
    "POST /v1/chat?a=b%20c&d=%E2%82%AC HTTP/1.1",
    `host: ${host}`,
    "accept: */*",
    "accept-encoding: identity",
    "x-a: 1",
    "content-length: 4",
    "",
    "{\xc3\xa9}",
  ]);
});

Deno.test("a request says what its target's own headers and URL say", async () => {
  let request: string | undefined;
  await using upstream = startServer(async (connection) => {
    request = await connection.request();
    await connection.write(OK);
  });
  const url = upstream.server.url.replace("//", "//us%40er:p%C3%A4ss@");
  const headers = { host: "other.test", accept: "x/y", "accept-encoding": "gzip", "x-l": "\xe9" };
  assertEquals(await upstream.ask({ url, headers }), "ok");
  assertEquals(
    request?.split("\r\n").slice(0, -2).sort(),
    [
      "POST / HTTP/1.1",
      "accept-encoding: gzip",
      "accept: x/y",
      `authorization: Basic ${btoa("us@er:p\xc3\xa4ss")}`,
      "content-length: 2",
      "host: other.test",
      "x-l: \xe9",
    ].sort(),
  );
});

for (
  const [name, answer] of [
    ["of known length", OK],
    ["in chunks", `${CHUNKED}2\r\nok\r\n0\r\n\r\n`],
    ["in chunks with a trailer", `${CHUNKED}2\r\nok\r\n0\r\nx: y\r\n\r\n`],
    [
      "behind others that only announce it",
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nx: y\r\n\r\n${OK}`,
    ],
  ]
) {
  Deno.test(`a connection serves again after an answer ${name}, cut anywhere`, async () => {
    const bytes = encoder.encode(answer);
    let cut = 0;
    await using upstream = startServer(async (connection) => {
      while (await connection.request()) {
        await connection.write(bytes.subarray(0, cut));
        await new Promise((resolve) => setTimeout(resolve, 1));
        await connection.write(bytes.subarray(cut));
      }
    });
    for (cut = 1; cut < bytes.length; cut++) assertEquals(await upstream.ask(), "ok");
    assertEquals(upstream.server.connections, 1);
  });
}

const NOT_AGAIN: Record<string, string> = {
  "that says so": "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
  "of HTTP/1.0": "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
  "with more bytes than it has": `${OK}HTTP/1.1 200 OK\r\n`,
  "with two lengths": `${CHUNKED.slice(0, -2)}content-length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
};

for (const [name, answer] of Object.entries(NOT_AGAIN)) {
  Deno.test(`a connection is closed after an answer ${name}`, async () => {
    const closed: Promise<void>[] = [];
    await using upstream = startServer(async (connection) => {
      await connection.request();
      await connection.write(answer);
      closed.push(connection.ended());
      await closed.at(-1);
    });
    assertEquals([await upstream.ask(), await upstream.ask()], ["ok", "ok"]);
    assertEquals(upstream.server.connections, 2);
    await soon(Promise.all(closed), "both are closed");
  });
}

Deno.test("an answer without a length ends with its connection", async () => {
  await using upstream = startServer(async (connection) => {
    await connection.request();
    await connection.write("HTTP/1.1 200 OK\r\n\r\nall ");
    await connection.write("of it");
  });
  assertEquals(await upstream.ask(), "all of it");
});

Deno.test("calls at the same time have connections of their own, which serve again", async () => {
  await using upstream = startServer(always(OK));
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(Array.from({ length: 5 }, () => upstream.ask()));
    assertEquals(answers, ["ok", "ok", "ok", "ok", "ok"]);
  }
  assertEquals(upstream.server.connections, 5);
});

Deno.test("a connection that the server closed while it waited is not used again", async () => {
  const told = Promise.withResolvers<void>();
  await using upstream = startServer(async (connection, index) => {
    await connection.request();
    await connection.write(OK);
    if (index === 1) return told.resolve();
    while (await connection.request()) await connection.write(OK);
  });
  assertEquals(await upstream.ask(), "ok");
  await told.promise;
  for (let call = 0; call < 3; call++) assertEquals(await upstream.ask(), "ok");
  assertEquals(upstream.server.connections, 2);
});

Deno.test("a request that meets the end of a connection goes out once more on a new one", async () => {
  await using upstream = startServer(async (connection, index) => {
    await connection.request();
    await connection.write(OK);
    // Closed without an answer, as a server does whose patience ends in that very moment.
    if (index <= 3) return void await connection.request();
    while (await connection.request()) await connection.write(OK);
  });
  const first = await Promise.all([upstream.ask(), upstream.ask(), upstream.ask()]);
  assertEquals(first, ["ok", "ok", "ok"]);
  // Two connections more are as stale as the one that is used.
  assertEquals(await upstream.ask(), "ok");
  assertEquals(upstream.server.connections, 4);
});

Deno.test("a server that says something unasked loses its connection", async () => {
  const ended = Promise.withResolvers<void>();
  await using upstream = startServer(async (connection, index) => {
    await connection.request();
    await connection.write(OK);
    if (index > 1) return;
    await connection.write("HTTP/1.1 408 Request Timeout\r\n\r\n");
    await connection.ended();
    ended.resolve();
  });
  assertEquals(await upstream.ask(), "ok");
  await soon(ended.promise, "the connection is closed");
  assertEquals(await upstream.ask(), "ok");
});

Deno.test("an answer that comes before the request is sent counts, and ends its connection", async () => {
  await using upstream = startServer(async (connection, index) => {
    await connection.head();
    const status = index === 1 ? "413 Too Large" : "200 OK";
    await connection.write(`HTTP/1.1 ${status}\r\ncontent-length: 2\r\n\r\nno`);
    await connection.ended();
  });
  // More than the buffers of a socket hold.
  const { response, reader, exchange } = await upstream.begin({
    body: new Uint8Array(32 * 1024 ** 2),
  });
  assertEquals([response.status, response.ok, await reader.text()], [413, false, "no"]);
  exchange.close();
  assertEquals(await upstream.ask(), "no");
  assertEquals(upstream.server.connections, 2);
});

Deno.test("a body of many megabytes arrives whole", async () => {
  const body = crypto.getRandomValues(new Uint8Array(65_536)).toHex().repeat(64);
  await using upstream = startServer(async (connection) => {
    const request = await connection.request() ?? "";
    await connection.write(request.endsWith(`\r\n\r\n${body}`) ? OK : "HTTP/1.1 500 No\r\n\r\n");
  });
  assertEquals(await upstream.ask({ body }), "ok");
});

Deno.test("an answer longer than any buffer arrives whole, in chunks of any size", async () => {
  const sizes = [1, 3, 4095, 4096, 4097, 16_383, 16_384, 65_535, 65_536, 65_537, 200_000];
  const texts = sizes.map((size, at) => String.fromCharCode(97 + at).repeat(size));
  const chunks = texts.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join("");
  await using upstream = startServer(always(`${CHUNKED}${chunks}0\r\n\r\n`));
  for (let call = 0; call < 3; call++) assert(await upstream.ask() === texts.join(""));
  assertEquals(upstream.server.connections, 1);
});

const CUT: Record<string, string> = {
  "in a chunk": `${CHUNKED}5\r\nhel`,
  "between chunks": `${CHUNKED}5\r\nhello\r\n`,
  "before the end of the trailer": `${CHUNKED}0\r\n`,
  "before its length": "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello",
};

for (const [name, answer] of Object.entries(CUT)) {
  Deno.test(`an answer that breaks off ${name} is an error`, async () => {
    await using upstream = startServer(async (connection) => {
      await connection.request();
      await connection.write(answer);
    });
    const { reader, exchange } = await upstream.begin();
    await assertRejects(() => reader.text(), UpstreamUnreachableError, "broke the connection");
    exchange.close();
  });
}

Deno.test("an answer that breaks off in its head is not asked for again", async () => {
  await using upstream = startServer(async (connection) => {
    await connection.request();
    await connection.write("HTTP/1.1 200 OK\r\ncontent-le");
  });
  await assertRejects(() => upstream.ask(), UpstreamUnreachableError, "is not valid HTTP");
  assertEquals(upstream.server.connections, 1);
});

Deno.test("a head without an end is given up", async () => {
  await using upstream = startServer(async (connection) => {
    await connection.request();
    await connection.write("HTTP/1.1 200 OK\r\n");
    for (;;) await connection.write(`x: ${"y".repeat(1000)}\r\n`);
  });
  await assertRejects(() => upstream.ask(), UpstreamUnreachableError, "is not valid HTTP");
});

async function compressed(format: CompressionFormat, text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function headed(coding: string, bytes: Uint8Array): Uint8Array {
  const head = encoder.encode(
    `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${bytes.length}\r\n\r\n`,
  );
  return Uint8Array.of(...head, ...bytes);
}

for (
  const [coding, format] of [["gzip", "gzip"], ["X-GZip", "gzip"], ["deflate", "deflate"]] as const
) {
  Deno.test(`an answer in ${coding} is decoded, although nobody asked for it`, async () => {
    const text = "data: {}\n\n".repeat(10_000);
    await using upstream = startServer(always(headed(coding, await compressed(format, text))));
    assertEquals([await upstream.ask() === text, await upstream.ask() === text], [true, true]);
    assertEquals(upstream.server.connections, 1);
  });
}

Deno.test("an answer that is no gzip, or is cut off in it, is an error", async () => {
  const whole = await compressed("gzip", "hello");
  for (const bytes of [encoder.encode("hello"), whole.slice(0, -9)]) {
    await using upstream = startServer(always(headed("gzip", bytes)));
    const { reader, exchange } = await upstream.begin();
    await assertRejects(() => reader.text(), UpstreamUnreachableError);
    exchange.close();
  }
});

Deno.test("an answer in a coding that nobody knows is refused", async () => {
  await using upstream = startServer(always(headed("br", encoder.encode("x"))));
  await assertRejects(() => upstream.ask(), UpstreamUnreachableError, "is not valid HTTP");
});

Deno.test("a call that is aborted ends its connection, and nobody else's", async () => {
  const ended: Promise<void>[] = [];
  await using upstream = startServer(async (connection: RawConnection, index) => {
    await connection.request();
    await connection.write(`${CHUNKED}1\r\na\r\n`);
    if (index === 1) return void await (ended[0] = connection.ended());
    await ended[0];
    await connection.write("1\r\nb\r\n0\r\n\r\n");
    while (await connection.request()) await connection.write(OK);
  });
  const first = await upstream.begin();
  const second = await upstream.begin();
  assertEquals((await first.reader.read())?.length, 1);
  first.exchange.abort();
  assertEquals(await second.reader.text(), "ab");
  // It was over before: the connection may serve others by now.
  const third = upstream.ask();
  second.exchange.abort();
  assertEquals(await third, "ok");
  assertEquals(upstream.server.connections, 2);
});

Deno.test("a host is reached by its name", async () => {
  await using upstream = startServer(always(OK));
  const url = upstream.server.url.replace("127.0.0.1", "localhost");
  assertEquals(await upstream.ask({ url }), "ok");
});

/** A certificate for localhost, its key, and the CA that vouches for it. */
async function tlsFiles(): Promise<{ cert: string; key: string; ca: string }> {
  const [cert = "", key = "", ca = ""] = await Promise.all(
    ["localhost.pem", "localhost_key.pem", "ca.pem"].map((name) =>
      Deno.readTextFile(new URL(`../../fixtures/tls/${name}`, import.meta.url))
    ),
  );
  return { cert, key, ca };
}

Deno.test("a server that speaks HTTP/2 only is spoken to in HTTP/2", async () => {
  const { cert, key, ca } = await tlsFiles();
  const options = { hostname: "127.0.0.1", port: 0, cert, key, alpnProtocols: ["h2"] };
  const prefaces: string[] = [];
  await using upstream = startServer(async (connection) => {
    prefaces.push((await connection.piece()).slice(0, 14));
  }, Deno.listenTls(options) as unknown as Deno.Listener);
  const url = upstream.server.url.replace("http://127.0.0.1", "https://localhost");
  const exchange = new Exchange({ ...TARGET, caCert: ca }, new AbortController().signal);
  // The rest of HTTP/2 is the runtime's.
  await assertRejects(() => exchange.send({ url, headers: new Headers(), body: [] }));
  exchange.close();
  // Nothing came of the first handshake.
  assertEquals([...new Set(prefaces)], ["", "PRI * HTTP/2.0"]);
});

Deno.test("a connection with TLS serves again, and not for those who trust another CA", async () => {
  const { cert, key, ca } = await tlsFiles();
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
  });
  await using upstream = startServer(always(OK), listener as unknown as Deno.Listener);
  const url = upstream.server.url.replace("http://127.0.0.1", "https://localhost");
  const askTrusting = async (caCert: string | undefined): Promise<string> => {
    const { caCert: _, ...rest } = TARGET;
    const exchange = new Exchange(
      { ...rest, ...(caCert === undefined ? {} : { caCert }) },
      new AbortController().signal,
    );
    try {
      const { body } = await exchange.send({ url, headers: new Headers(), body: [] });
      return await new BodyReader(body, exchange).text();
    } finally {
      exchange.close();
    }
  };
  assertEquals([await askTrusting(ca), await askTrusting(ca)], ["ok", "ok"]);
  assertEquals(upstream.server.connections, 1);
  await assertRejects(() => askTrusting(undefined), UpstreamUnreachableError, "TLS failed");
});
