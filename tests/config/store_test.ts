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

Deno.test("ConfigStore.followed() waits until other threads have a change", async () => {
  const store = new ConfigStore(await configOf(plainConfig("a")));
  await store.followed();
  const seen: unknown[] = [];
  const taken = Promise.withResolvers<void>();
  store.tellChanges(() => {
    seen.push([store.generation, store.error]);
    return taken.promise;
  });
  store.setError("bad");
  store.replace(await configOf(plainConfig("b")));
  assertEquals(seen, [[1, "bad"], [2, null]]);
  let isFollowed = false;
  const followed = store.followed().then(() => isFollowed = true);
  await Promise.resolve();
  assertEquals(isFollowed, false);
  taken.resolve();
  assertEquals(await followed, true);
});

Deno.test("ConfigStore.adopt() takes the state of another store over, and hides its keys", async () => {
  const text = `${plainConfig()}    api_key: adopted-key\n`;
  const [store, other] = [
    new ConfigStore(await configOf(plainConfig())),
    new ConfigStore(await configOf(text)),
  ];
  other.replace(await configOf(text));
  other.setError("bad");
  store.adopt(other.current(), other.status());
  assertEquals(store.status(), other.status());
  assertStrictEquals(store.current(), other.current());
  assertEquals(redact("adopted-key"), "[redacted]");
});
