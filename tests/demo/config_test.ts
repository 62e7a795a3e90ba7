import { assertEquals } from "@std/assert";
import { parse } from "yaml";
import { DEMO_APIS } from "../../src/demo/apis.ts";
import { demoConfig } from "../../src/demo/config.ts";

Deno.test("demoConfig() names one target for each API of the demo server", () => {
  const { targets, default_target } = parse(demoConfig(4321));
  assertEquals(Object.keys(targets), DEMO_APIS.map(({ target }) => target));
  assertEquals(default_target, "demo-chat");
  assertEquals(targets["demo-messages"], {
    api_mode: "anthropic_messages",
    base_url: "http://127.0.0.1:4321/v1",
    model: "switchyard-demo",
  });
});
