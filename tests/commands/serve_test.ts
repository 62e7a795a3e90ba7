import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type RunningServer, serve, type StartServer } from "../../src/commands/serve.ts";
import type { ConfigStore } from "../../src/config/store.ts";
import { configureLog } from "../../src/log.ts";
import { RecordedIo } from "../support/command_io.ts";
import { plainConfig, temporaryFolder } from "../support/config.ts";

/** A server that listens nowhere: it shows its store and ends when it is told to. */
function fakeServer(): {
  readonly start: StartServer;
  readonly store: Promise<ConfigStore>;
  readonly end: () => void;
} {
  const started = Promise.withResolvers<ConfigStore>();
  const finished = Promise.withResolvers<void>();
  const server: RunningServer = {
    address: { host: "127.0.0.1", port: 9 },
    finished: finished.promise,
  };
  return {
    start: (store) => {
      started.resolve(store);
      return server;
    },
    store: started.promise,
    end: () => finished.resolve(),
  };
}

Deno.test("serve() runs on the live config until the server ends", async () => {
  await using folder = await temporaryFolder({
    "proxy.yaml": `listen: {port: 5}\nlogging: {level: error}\n${plainConfig("fast")}`,
  });
  const server = fakeServer();
  const options = { config: `${folder.path}/proxy.yaml`, host: "127.0.0.2" };
  const code = serve(options, new RecordedIo(), server.start);
  const { listen, targets } = (await server.store).current();
  assertEquals([listen.host, listen.port, [...targets.keys()]], ["127.0.0.2", 5, ["fast"]]);
  server.end();
  assertEquals(await code, 0);
});

Deno.test("serve() says which places it looked in", async () => {
  const io = new RecordedIo();
  assertEquals(await serve({ config: "/no/such.yaml" }, io, fakeServer().start), 1);
  assertStringIncludes(io.stderr, "/no/such.yaml: cannot read the config file: it does not exist");
});

Deno.test("serve() says why it cannot listen", async () => {
  await using folder = await temporaryFolder({ "proxy.yaml": plainConfig() });
  const io = new RecordedIo();
  const code = await serve({ config: `${folder.path}/proxy.yaml` }, io, () => {
    throw new Deno.errors.AddrInUse("Address already in use");
  });
  assertEquals(code, 1);
  assertEquals(io.stderr, "Cannot listen on 127.0.0.1, port 8787: Address already in use");
});

Deno.test("serve() lets the command line decide how to log", async () => {
  await using folder = await temporaryFolder({
    "proxy.yaml": `logging: {level: debug, format: json}\n${plainConfig()}`,
  });
  const server = fakeServer();
  const config = `${folder.path}/proxy.yaml`;
  const code = serve(
    { config, logLevel: "error", logFormat: "text" },
    new RecordedIo(),
    server.start,
  );
  await server.store;
  server.end();
  assertEquals(await code, 0);
  configureLog({ level: "error" });
});

Deno.test("serve() needs no file for the demo, and takes its model server down again", async () => {
  const server = fakeServer();
  const io = new RecordedIo();
  const code = serve({ demo: true, logLevel: "error" }, io, server.start);
  const targets = [...(await server.store).current().targets.values()];
  assert(targets.length > 1 && targets.every(({ name }) => name.startsWith("demo-")));
  assertStringIncludes(io.stderr, "demo-chat, ");
  server.end();
  assertEquals(await code, 0);
});

Deno.test("serve() does not offer the demo to a network without a key", async () => {
  const io = new RecordedIo();
  const code = await serve({ demo: true, host: "0.0.0.0" }, io, fakeServer().start);
  assertEquals(code, 1);
  assertStringIncludes(io.stderr, "without 'auth.keys'");
});

const RIGHTS: { name: string; usage: boolean; want: readonly string[] }[] = [
  {
    name: "to run programs, and to write where it keeps no usage,",
    usage: false,
    want: ["run", "write"],
  },
  { name: "to run programs, but not to write its usage,", usage: true, want: ["run"] },
];

for (const { name, usage, want } of RIGHTS) {
  Deno.test(`serve() gives up its rights ${name} before it listens`, async () => {
    const yaml = `usage: { enabled: ${usage} }\n${plainConfig()}`;
    await using folder = await temporaryFolder({ "proxy.yaml": yaml });
    const io = new RecordedIo();
    const server = fakeServer();
    let before: readonly string[] = [];
    const code = serve({ config: `${folder.path}/proxy.yaml`, logLevel: "error" }, io, (store) => {
      before = [...io.givenUp];
      return server.start(store);
    });
    await server.store;
    server.end();
    assertEquals(await code, 0);
    assertEquals(before, want);
  });
}
