import { assert, assertEquals } from "@std/assert";
import { temporaryFolder } from "../support/config.ts";
import { FakeUpstream, json } from "../support/fake_upstream.ts";
import { completion, delta } from "../support/server_chat.ts";
import { ask, askStream, chatTarget } from "../support/server_gateway.ts";
import { RunningProgram } from "../support/server_program.ts";
import { soon, until } from "../support/server_wait.ts";

const GIGABYTE = 1024 ** 3;
const MEGABYTE = 1024 ** 2;

/** A request on a connection whose bytes nobody takes but we, one kilobyte at a time. */
async function openSlowly(url: string): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const body = JSON.stringify(askStream());
  const head = `POST /chat/v1/messages HTTP/1.1\r\nhost: localhost\r\n` +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const bytes = new TextEncoder().encode(head + body);
  assertEquals(await connection.write(bytes), bytes.length);
  return connection;
}

Deno.test({
  name: "a gigabyte for clients that read slowly stays where it is, and memory flat",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    const chunk = `data: ${JSON.stringify(delta("x".repeat(60_000)))}\n\n`;
    let sent = 0;
    await using upstream = new FakeUpstream(async (call) => {
      await call.begin();
      for (let own = 0; own < GIGABYTE && !call.isClosed; own += chunk.length) {
        await call.write(chunk);
        sent += chunk.length;
      }
    });
    await using folder = await temporaryFolder({ "proxy.yaml": chatTarget(upstream.url) });
    await using program = await RunningProgram.start("--config", `${folder.path}/proxy.yaml`);
    const before = await program.memory();
    const readers = await Promise.all([1, 2, 3, 4].map(() => openSlowly(program.url)));
    const buffer = new Uint8Array(1024);
    let last = -1;
    await until(async () => {
      for (const reader of readers) await reader.read(buffer);
      const stands = sent === last;
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return stands;
    }, "the upstream's writes stall");
    // What lies between is the buffers of eight sockets.
    assert(sent < 100 * MEGABYTE, `${sent} bytes went out`);
    const grown = await program.memory() - before;
    assert(grown < 100 * MEGABYTE, `memory grew by ${grown} bytes`);
    for (const reader of readers) reader.close();
    await soon(
      Promise.all(upstream.calls.map(({ closed }) => closed)),
      "the upstream's calls end",
    );
    upstream.play(json(completion("ok")));
    const response = await fetch(`${program.url}/chat/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(ask()),
    });
    await response.body?.cancel();
    assertEquals(response.status, 200);
  },
});
