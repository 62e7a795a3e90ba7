import { assertEquals, assertRejects } from "@std/assert";
import { connectToAny, dial } from "../../../src/upstream/http1/dial.ts";

// All of 127.0.0.0/8 is this machine on Linux; elsewhere only 127.0.0.1 is.
const ignore = Deno.build.os !== "linux";

const NEVER = new AbortController().signal;

function listenAt(hostname: string, port = 0): Deno.TcpListener {
  return Deno.listen({ hostname, port });
}

async function addressAsked(addresses: readonly string[], port: number): Promise<string> {
  using tcp = await connectToAny(addresses, port, NEVER);
  return tcp.remoteAddr.hostname;
}

Deno.test({
  name: "connectToAny() goes on to the next address where one refuses",
  ignore,
  async fn(): Promise<void> {
    using listener = listenAt("127.0.0.3");
    const { port } = listener.addr;
    assertEquals(await addressAsked(["127.0.0.2", "127.0.0.3"], port), "127.0.0.3");
    assertEquals(await addressAsked(["127.0.0.3", "127.0.0.2"], port), "127.0.0.3");
    assertEquals(await addressAsked(["127.0.0.3"], port), "127.0.0.3");
  },
});

Deno.test({
  name: "connectToAny() asks the next address while one says nothing",
  ignore,
  async fn(): Promise<void> {
    // Nobody accepts, and the queue is full: as if packets were dropped.
    using silent = Deno.listen({ hostname: "127.0.0.2", port: 0, tcpBacklog: 1 });
    const { port } = silent.addr;
    using _first = await Deno.connect({ hostname: "127.0.0.2", port });
    using _second = await Deno.connect({ hostname: "127.0.0.2", port });
    using _listener = listenAt("127.0.0.3", port);
    assertEquals(await addressAsked(["127.0.0.2", "127.0.0.3"], port), "127.0.0.3");
  },
});

Deno.test({
  name: "connectToAny() tells of the first failure where all addresses refuse",
  ignore,
  async fn(): Promise<void> {
    const listener = listenAt("127.0.0.2");
    const { port } = listener.addr;
    listener.close();
    await assertRejects(
      () => connectToAny(["127.0.0.3", "127.0.0.4"], port, NEVER),
      Deno.errors.ConnectionRefused,
    );
  },
});

Deno.test("dial() ends when nobody wants the connection any more", async () => {
  using listener = listenAt("127.0.0.1");
  const wanted = new AbortController();
  const origin = {
    hostname: "127.0.0.1",
    port: listener.addr.port,
    isTls: true,
    caCert: undefined,
  };
  // Nobody answers the handshake.
  const dialed = dial(origin, wanted.signal);
  using _accepted = await listener.accept();
  wanted.abort();
  await assertRejects(() => dialed);
});
