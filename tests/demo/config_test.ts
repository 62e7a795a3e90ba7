import { assertEquals } from "@std/assert";
import { loadConfig } from "../../src/config/load.ts";
import { DEMO_APIS } from "../../src/demo/apis.ts";
import { demoConfig } from "../../src/demo/config.ts";

Deno.test("demoConfig() loads as one target for each API of the demo server", async () => {
  const { targets, defaultTarget, listen } = await loadConfig("demo", demoConfig(4321), {
    env: () => undefined,
    file: (path) => {
      throw new Error(`Unexpected file ${path}`);
    },
  });
  assertEquals([...targets.keys()], DEMO_APIS.map(({ target }) => target));
  assertEquals([...targets.values()].map(({ mode }) => mode), DEMO_APIS.map(({ mode }) => mode));
  assertEquals(new Set([...targets.values()].map(({ baseUrl }) => baseUrl)).size, 1);
  assertEquals([defaultTarget, listen.host], ["demo-chat", "127.0.0.1"]);
});
