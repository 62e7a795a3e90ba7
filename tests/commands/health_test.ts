import { assertEquals, assertStringIncludes } from "@std/assert";
import { health } from "../../src/commands/health.ts";
import { RecordedIo } from "../support/command_io.ts";

/** Runs the command against a server that answers so; silent without an answer. */
async function healthOf(answer: Response | undefined, timeoutMs = 20_000) {
  const io = new RecordedIo();
  const gone = Promise.withResolvers<Response>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => answer ?? gone.promise,
  );
  const code = await health({ host: "127.0.0.1", port: server.addr.port, timeoutMs }, io);
  gone.resolve(new Response());
  await server.shutdown();
  return { code, io, port: server.addr.port };
}

function healthz(error: string | null): Response {
  return Response.json({ status: "ok", version: "1.2.3", config: { generation: 4, error } });
}

Deno.test("health() is fine with a server that is well", async () => {
  const { code, io } = await healthOf(healthz(null));
  assertEquals([code, io.stdout, io.stderr], [
    0,
    "ok, version 1.2.3, generation 4 of the config",
    "",
  ]);
});

Deno.test("health() tells of a config that was refused, and is fine", async () => {
  const { code, io } = await healthOf(healthz("proxy.yaml:1:1: no"));
  assertEquals([code, io.stderr], [0, "The last config was refused:\nproxy.yaml:1:1: no"]);
});

const SICK: { name: string; answer: Response }[] = [
  { name: "an error", answer: new Response("no", { status: 500 }) },
  { name: "another server's page", answer: new Response("<html>") },
  { name: "another server's JSON", answer: Response.json([1]) },
];

for (const { name, answer } of SICK) {
  Deno.test(`health() is not fine with ${name}`, async () => {
    const { code, io, port } = await healthOf(answer);
    assertEquals(code, 1);
    assertStringIncludes(io.stderr, `http://127.0.0.1:${port}/healthz is not well: it answered `);
  });
}

Deno.test("health() gives up on a server that is silent", async () => {
  const { code, io } = await healthOf(undefined, 50);
  assertEquals(code, 1);
  assertStringIncludes(io.stderr, "Cannot reach");
});

Deno.test("health() is not fine where nothing listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const io = new RecordedIo();
  assertEquals(await health({ host: "127.0.0.1", port }, io), 1);
  assertStringIncludes(io.stderr, `Cannot reach http://127.0.0.1:${port}/healthz: `);
});
