import { assertEquals } from "@std/assert";
import { answers } from "../../../src/commands/notify/probe.ts";

async function probe(respond: () => Response | Promise<Response>, timeoutMs = 30_000) {
  const asked: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      asked.push(`${request.method} ${new URL(request.url).pathname}`);
      return respond();
    },
  );
  const isWell = await answers({ host: "0.0.0.0", port: server.addr.port }, timeoutMs);
  return { isWell, asked };
}

Deno.test("answers() is true for a server that is well, also on a wildcard address", async () => {
  assertEquals(await probe(() => Response.json({ status: "ok" })), {
    isWell: true,
    asked: ["GET /healthz"],
  });
});

Deno.test("answers() is false for another status", async () => {
  assertEquals((await probe(() => new Response("", { status: 503 }))).isWell, false);
});

Deno.test("answers() is false where nothing listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assertEquals(await answers({ host: "127.0.0.1", port }, 30_000), false);
});

Deno.test("answers() gives a server up that takes a connection and says nothing", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  assertEquals(await answers({ host: "127.0.0.1", port: listener.addr.port }, 50), false);
  (await accepted).close();
});
