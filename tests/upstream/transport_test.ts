import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ClientGoneError, UnavailableError, UpstreamUnreachableError } from "../../src/errors.ts";
import type { Target } from "../../src/target.ts";
import { BodyReader } from "../../src/upstream/body.ts";
import type { HttpCall } from "../../src/upstream/http.ts";
import { Exchange } from "../../src/upstream/transport.ts";
import { configOf } from "../support/config.ts";
import {
  bytes,
  closedPort,
  FakeUpstream,
  hangUp,
  json,
  type Script,
  silence,
} from "../support/fake_upstream.ts";
import { completion } from "../support/server_chat.ts";
import { canCollect, untilGone } from "../support/garbage.ts";
import { errorOf } from "../support/server_client.ts";
import { ask, askStream, chatTarget, startGateway } from "../support/server_gateway.ts";
import { soon, timed } from "../support/server_wait.ts";

async function targetOf(url: string, timeouts = "{}"): Promise<Target> {
  const config = await configOf(chatTarget(url, [`timeouts: ${timeouts}`]));
  const target = config.targets.get("chat");
  if (!target) throw new Error("the config has no target");
  return target;
}

function call(url: string): HttpCall {
  const body = [new TextEncoder().encode("{}")];
  return { url, headers: new Headers({ "x-test": "1" }), body };
}

Deno.test("Exchange.send() posts the call, and its body is read to the end", async () => {
  await using upstream = new FakeUpstream(json("hello"));
  const exchange = new Exchange(await targetOf(upstream.url), new AbortController().signal);
  const response = await exchange.send(call(upstream.url));
  assertEquals(await new BodyReader(response.body, exchange).text(), "hello");
  exchange.close();
  assertEquals([upstream.call.method, upstream.call.text], ["POST", "{}"]);
  assertEquals(upstream.call.headers.get("x-test"), "1");
});

const CLOCKS: { name: string; timeouts: string; says: string }[] = [
  { name: "first_byte", timeouts: "{ first_byte: 50ms }", says: "did not answer within 50 ms" },
  { name: "total", timeouts: "{ total: 50ms }", says: "did not finish within 50 ms" },
];

for (const { name, timeouts, says } of CLOCKS) {
  Deno.test(`Exchange.send() gives up after timeouts.${name}`, async () => {
    await using upstream = new FakeUpstream(silence);
    const target = await targetOf(upstream.url, timeouts);
    const exchange = new Exchange(target, new AbortController().signal);
    const error = await assertRejects(
      () => exchange.send(call(upstream.url)),
      UpstreamUnreachableError,
      says,
    );
    assertEquals([error.status, error.type], [504, "timeout_error"]);
    await soon(upstream.call.closed, "the call is aborted");
  });
}

Deno.test("Exchange.send() gives up a host that accepts no connection within timeouts.connect", async () => {
  // The handshake that never begins stands for packets that a firewall drops.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `https://127.0.0.1:${listener.addr.port}`;
  const target = await targetOf(url, "{ connect: 50ms }");
  const exchange = new Exchange(target, new AbortController().signal);
  const error = await assertRejects(() => exchange.send(call(url)), UpstreamUnreachableError);
  assertEquals(error.status, 504);
  assertStringIncludes(error.message, "could not be connected to within 50 ms");
});

Deno.test("Exchange.send() waits beyond timeouts.connect for a host that is connected", async () => {
  const late = Promise.withResolvers<void>();
  await using upstream = new FakeUpstream(async (call) => {
    await late.promise;
    await call.answer("late");
  });
  const target = await targetOf(upstream.url, "{ connect: 20ms }");
  const exchange = new Exchange(target, new AbortController().signal);
  const sent = exchange.send(call(upstream.url));
  await new Promise((resolve) => setTimeout(resolve, 60));
  late.resolve();
  const response = await sent;
  assertEquals(await new BodyReader(response.body, exchange).text(), "late");
  exchange.close();
});

Deno.test("Exchange.send() tells why there is no connection, without the URL", async () => {
  const url = `http://127.0.0.1:${closedPort()}/?key=secret`;
  const exchange = new Exchange(await targetOf("http://a.test"), new AbortController().signal);
  const error = await assertRejects(() => exchange.send(call(url)), UpstreamUnreachableError);
  exchange.close();
  assertEquals(error.message, "Cannot reach target 'chat': connection refused");
  assertEquals([error.status, error.connectionFailed], [502, true]);
});

Deno.test("Exchange.send() tries a connection that broke once more", async () => {
  await using upstream = new FakeUpstream(hangUp, json("ok"));
  const exchange = new Exchange(await targetOf(upstream.url), new AbortController().signal);
  const response = await exchange.send(call(upstream.url));
  assertEquals(await new BodyReader(response.body, exchange).text(), "ok");
  exchange.close();
});

const REASONS: {
  name: string;
  reason: unknown;
  want: typeof ClientGoneError | typeof UnavailableError;
}[] = [
  { name: "a client that left", reason: undefined, want: ClientGoneError },
  { name: "a server that ends", reason: new UnavailableError("over"), want: UnavailableError },
];

for (const { name, reason, want } of REASONS) {
  Deno.test(`an exchange is aborted by ${name} before the answer`, async () => {
    await using upstream = new FakeUpstream(silence);
    const client = new AbortController();
    const exchange = new Exchange(await targetOf(upstream.url), client.signal);
    const arrived = upstream.next();
    const sent = assertRejects(() => exchange.send(call(upstream.url)), want);
    const { closed } = await arrived;
    client.abort(reason);
    await sent;
    await soon(closed, "the call is aborted");
    assert(exchange.aborted);
  });

  Deno.test(`an exchange is aborted by ${name} in the middle of the answer`, async () => {
    await using upstream = new FakeUpstream(async (call) => {
      await call.begin();
      await call.write("a");
      await call.closed;
    });
    const client = new AbortController();
    const exchange = new Exchange(await targetOf(upstream.url), client.signal);
    const response = await exchange.send(call(upstream.url));
    const reader = new BodyReader(response.body, exchange);
    assertEquals((await reader.read())?.length, 1);
    const read = assertRejects(() => reader.read(), want);
    client.abort(reason);
    await read;
    await soon(upstream.call.closed, "the call is aborted");
  });
}

Deno.test("an exchange whose client has left already sends nothing", async () => {
  const exchange = new Exchange(await targetOf("http://a.test"), AbortSignal.abort());
  await assertRejects(() => exchange.send(call("http://127.0.0.1:9")), ClientGoneError);
});

Deno.test("an exchange gives up an answer that stands still for timeouts.idle", async () => {
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.write("a");
    await call.closed;
  });
  const target = await targetOf(upstream.url, "{ idle: 50ms }");
  const exchange = new Exchange(target, new AbortController().signal);
  const response = await exchange.send(call(upstream.url));
  const reader = new BodyReader(response.body, exchange);
  await reader.read();
  // Time that nobody waits for the upstream is not its silence.
  await new Promise((resolve) => setTimeout(resolve, 120));
  assertEquals(exchange.aborted, false);
  await assertRejects(() => reader.read(), UpstreamUnreachableError, "was silent for 50 ms");
  await soon(upstream.call.closed, "the call is aborted");
});

Deno.test("an answer that breaks off is an error of its reader", async () => {
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.write("a");
    call.close();
  });
  const exchange = new Exchange(await targetOf(upstream.url), new AbortController().signal);
  const response = await exchange.send(call(upstream.url));
  await assertRejects(
    () => new BodyReader(response.body, exchange).text(),
    UpstreamUnreachableError,
    "broke the connection",
  );
  exchange.abort();
});

/** An address where connections hang: nobody accepts, and the queue is full. */
async function fullListener(): Promise<{ readonly url: string } & Disposable> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  const held = [await Deno.connect({ port }), await Deno.connect({ port })];
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.dispose](): void {
      for (const connection of held) connection.close();
      listener.close();
    },
  };
}

for (const request of [ask(), askStream()]) {
  Deno.test({
    name: `a connection that does not stand within timeouts.connect is given up (stream: ${
      request.stream ?? false
    })`,
    // How full the queue of a listener may be differs elsewhere.
    ignore: Deno.build.os !== "linux",
    async fn(): Promise<void> {
      using nobody = await fullListener();
      await using gateway = await startGateway(
        chatTarget(nobody.url, ["timeouts: { connect: 2s, first_byte: 5m }"]),
      );
      const time = await timed(async () => {
        const response = await gateway.post("/chat/v1/messages", request);
        assertEquals(response.status, 504);
        const { type, message } = errorOf(await response.json());
        assertEquals(type, "timeout_error");
        assertStringIncludes(message, "could not be connected to within 2 s");
      });
      // No earlier than promised, and not twice as late.
      assert(time >= 1_990 && time < 3_900, `${time} ms`);
    },
  });
}

/** Answers that are no HTTP: the upstream has the request, so it does not get it again. */
const NO_HTTP: { name: string; script: Script }[] = [
  { name: "another protocol", script: bytes("SSH-2.0-OpenSSH_9.7\r\n") },
  {
    name: "10,000 headers",
    script: bytes(
      `HTTP/1.1 200 OK\r\n${
        Array.from({ length: 10_000 }, (_, at) => `x-${at}: ${at}\r\n`).join("")
      }content-length: 2\r\n\r\n{}`,
    ),
  },
  { name: "a header without a colon", script: bytes("HTTP/1.1 200 OK\r\nhello there\r\n\r\n") },
];

for (const { name, script } of NO_HTTP) {
  Deno.test(`an upstream that answers with ${name} is asked once`, async () => {
    await using upstream = new FakeUpstream(script, json(completion("ok")));
    await using gateway = await startGateway(chatTarget(upstream.url));
    const response = await gateway.post("/chat/v1/messages", ask());
    assertEquals(response.status, 502);
    const { type, message } = errorOf(await response.json());
    assertEquals(type, "api_error");
    assertStringIncludes(message, "its answer is not valid HTTP");
    assertEquals(upstream.calls.length, 1);
    const next = await gateway.post("/chat/v1/messages", ask());
    assertEquals(next.status, 200);
    await next.body?.cancel();
  });
}

Deno.test("a host name that resolves to nothing is told as such", async () => {
  await using gateway = await startGateway(chatTarget("http://nothing.invalid"));
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.status, 502);
  const { message } = errorOf(await response.json());
  assertStringIncludes(message, "its host name cannot be resolved");
});

Deno.test({
  name: "an Exchange lets go of the call once its answer has begun",
  ignore: !canCollect,
  async fn(): Promise<void> {
    await using upstream = new FakeUpstream(async (received) => {
      await received.begin();
      await received.closed;
    });
    const target = await targetOf(upstream.url);
    const exchange = new Exchange(target, new AbortController().signal);
    const sent = new WeakRef(await sendCall());
    await untilGone(sent, "the call's body is forgotten");
    exchange.abort();

    async function sendCall(): Promise<Uint8Array> {
      const { body, ...others } = call(upstream.url);
      const [bytes = new Uint8Array()] = body;
      await exchange.send({ ...others, body: [bytes] });
      return bytes;
    }
  },
});
