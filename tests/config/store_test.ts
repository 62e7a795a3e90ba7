import { assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { ConfigStore } from "../../src/config/store.ts";
import { redact } from "../../src/log.ts";
import { configOf, plainConfig } from "../support/config.ts";

Deno.test("ConfigStore counts generations and keeps the error until the next config", async () => {
  const [first, second] = [await configOf(plainConfig("a")), await configOf(plainConfig("b"))];
  const store = new ConfigStore(first);
  assertStrictEquals(store.current(), first);
  assertEquals([store.generation, store.error], [1, null]);
  store.setError("bad");
  assertEquals([store.generation, store.error], [1, "bad"]);
  store.replace(second);
  assertStrictEquals(store.current(), second);
  assertEquals([store.generation, store.error], [2, null]);
});

Deno.test("ConfigStore has a status for /healthz", async () => {
  const config = await configOf(plainConfig());
  const { loaded_at, ...status } = new ConfigStore(config).status();
  assertEquals(status, { generation: 1, hash: config.hash, error: null });
  assertMatch(loaded_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

Deno.test("ConfigStore hides the keys of every config that was live", async () => {
  const text = (key: string) =>
    `auth: {keys: [{name: a, key: client-${key}}]}\n${plainConfig()}    api_key: [target-${key}]\n`;
  const store = new ConfigStore(await configOf(text("one")));
  store.replace(await configOf(text("two")));
  assertEquals(
    redact("client-one target-one client-two target-two"),
    "[redacted] [redacted] [redacted] [redacted]",
  );
});
