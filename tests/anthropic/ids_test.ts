import { assertEquals, assertMatch } from "@std/assert";
import { randomId, stableId } from "../../src/anthropic/ids.ts";

Deno.test("randomId() makes 24 letters and digits that do not repeat", () => {
  const ids = Array.from({ length: 1000 }, () => randomId("req_"));
  for (const id of ids) assertMatch(id, /^req_[0-9A-Za-z]{24}$/);
  assertEquals(new Set(ids).size, 1000);
  assertEquals(randomId("", 5).length, 5);
});

Deno.test("stableId() makes the same id for the same seed, and others for others", () => {
  const seeds = Array.from({ length: 20_000 }, (_, at) => `chatcmpl-${at}:${at % 7}`);
  const ids = seeds.map((seed) => stableId("msg_", seed));
  for (const id of ids.slice(0, 100)) assertMatch(id, /^msg_[0-9A-Za-z]{24}$/);
  assertEquals(new Set(ids).size, seeds.length);
  assertEquals(stableId("msg_", "chatcmpl-5:5"), ids[5]);
  assertMatch(stableId("msg_", ""), /^msg_[0-9A-Za-z]{24}$/);
});
