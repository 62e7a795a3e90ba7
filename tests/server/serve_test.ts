import { assertEquals, assertMatch } from "@std/assert";
import { ConfigStore } from "../../src/config/store.ts";
import { configureLog } from "../../src/log.ts";
import { type RunningServer, startServer, threadCount } from "../../src/server/serve.ts";
import { configOf } from "../support/config.ts";
import { FakeUpstream, silence } from "../support/fake_upstream.ts";
import { delta } from "../support/server_chat.ts";
import { errorOf, EventReader } from "../support/server_client.ts";
import { ask, askStream, chatTarget } from "../support/server_gateway.ts";
import { soon } from "../support/server_wait.ts";

const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

async function start(upstream: FakeUpstream, drain: string): Promise<RunningServer> {
  configureLog({ write: () => {} });
  const text = `${chatTarget(upstream.url)}listen: { port: 8787, drain: ${drain} }\n`;
  return startServer(new ConfigStore(await configOf(text, { overrides: { port: 0 } })));
}

function post({ address }: RunningServer, body: unknown): Promise<Response> {
  return fetch(`http://${address.host}:${address.port}/chat/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    client,
  });
}

/** One delta, and nothing more. */
async function stuck(call: Parameters<typeof silence>[0]): Promise<void> {
  await call.begin();
  await call.send(delta("a"));
  await call.closed;
}

Deno.test("startServer() tells where it listens, and stops at once when nothing is open", async () => {
  await using upstream = new FakeUpstream(silence);
  const server = await start(upstream, "30s");
  assertEquals(server.address.host, "127.0.0.1");
  assertMatch(String(server.address.port), /^[1-9]\d*$/);
  await soon(server.stop(), "it stops");
  await server.finished;
});

Deno.test("startServer() ends what is still open after listen.drain", async () => {
  await using upstream = new FakeUpstream(stuck, silence);
  const server = await start(upstream, "50ms");
  const reader = new EventReader(await post(server, askStream()));
  await reader.until("content_block_delta");
  const arrived = upstream.next();
  const waiting = post(server, ask());
  await arrived;
  const stopped = server.stop();
  assertEquals(errorOf((await reader.until("error")).data).type, "overloaded_error");
  const response = await waiting;
  assertEquals([response.status, response.headers.get("retry-after")], [529, "1"]);
  await response.body?.cancel();
  await soon(stopped, "it stops");
  await server.finished;
});

Deno.test("startServer() asked to stop twice waits for nobody", async () => {
  await using upstream = new FakeUpstream(stuck);
  const server = await start(upstream, "10m");
  const reader = new EventReader(await post(server, askStream()));
  await reader.until("content_block_delta");
  const first = server.stop();
  const second = server.stop();
  await reader.until("error");
  await soon(Promise.all([first, second, server.finished]), "it stops");
});

Deno.test("startServer() throws where it cannot listen", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const text = chatTarget("http://a.test");
  const config = await configOf(text, { overrides: { port: taken.addr.port } });
  let error: unknown;
  try {
    await (await startServer(new ConfigStore(config))).stop();
  } catch (thrown) {
    error = thrown;
  }
  assertEquals(error instanceof Deno.errors.AddrInUse, true);
});

Deno.test("threadCount() takes a thread for each core with auto, and one outside Linux", () => {
  const count = (workers: number | "auto", os: typeof Deno.build.os) =>
    threadCount({ workers }, os, 8);
  assertEquals([count(1, "linux"), count(3, "linux"), count("auto", "linux")], [1, 3, 8]);
  const lines: string[] = [];
  configureLog({ format: "json", write: (line) => lines.push(line) });
  assertEquals([count(1, "darwin"), lines.length], [1, 0]);
  assertEquals([count(3, "darwin"), count("auto", "windows"), lines.length], [1, 1, 2]);
  assertMatch(lines[0] ?? "", /listen\.workers has an effect on Linux only: one thread serves/);
});
