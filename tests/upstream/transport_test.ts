import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  bytes,
  FakeUpstream,
  json,
  type ReceivedCall,
  type Script,
} from "../support/fake_upstream.ts";
import { completion } from "../support/server_chat.ts";
import { errorOf } from "../support/server_client.ts";
import { ask, askStream, chatTarget, startGateway } from "../support/server_gateway.ts";
import { timed, until } from "../support/server_wait.ts";

const OK = json(completion("ok"));

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

Deno.test("an upstream that is connected and thinks is not given up by timeouts.connect", async () => {
  await using upstream = new FakeUpstream(async (call) => {
    // The look from outside is a connection of its own.
    await until(() => upstream.connectionCount >= 2, "the connection is looked at");
    await call.answer(completion("ok"));
  });
  await using gateway = await startGateway(
    chatTarget(upstream.url, ["timeouts: { connect: 40ms }"]),
  );
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.status, 200);
  await response.body?.cancel();
  assertEquals(upstream.calls.length, 1);
});

Deno.test("an upstream that does not answer within timeouts.first_byte is given up", async () => {
  await using upstream = new FakeUpstream((call: ReceivedCall) => call.closed);
  await using gateway = await startGateway(
    chatTarget(upstream.url, ["timeouts: { first_byte: 60ms }"]),
  );
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.status, 504);
  const { type, message } = errorOf(await response.json());
  assertEquals(type, "timeout_error");
  assertStringIncludes(message, "did not answer within 60 ms");
  assertEquals(upstream.calls.length, 1);
});

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
    await using upstream = new FakeUpstream(script, OK);
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
