import { assertEquals, assertNotEquals } from "@std/assert";
import { KeyRing } from "../../src/upstream/key_ring.ts";

Deno.test("KeyRing.pick() keeps a session to one key, and needs none for no keys", () => {
  const ring = new KeyRing(["one", "two", "three"]);
  const first = ring.pick("session-a", 0);
  assertEquals(ring.pick("session-a", 1_000), first);
  assertEquals(new Set(["a", "b", "c", "d", "e"].map((name) => ring.pick(name, 0))).size > 1, true);
  assertEquals(new KeyRing([]).pick("session-a", 0), undefined);
});

Deno.test("KeyRing.pick() leaves a limited key alone until its rest is over", () => {
  const ring = new KeyRing(["one", "two"]);
  const own = ring.pick("session-a", 0);
  ring.refused(own, { status: 429, retryAfterMs: 5_000 }, 0);
  const other = ring.pick("session-a", 4_999);
  assertNotEquals(other, own);
  assertEquals(ring.pick("session-a", 5_000), own);
});

Deno.test("KeyRing.pick() takes the key whose refusal is longest ago", () => {
  const ring = new KeyRing(["one", "two", "three"]);
  ring.refused("one", { status: 429, retryAfterMs: 10 }, 100);
  ring.refused("three", { status: 429, retryAfterMs: 10 }, 50);
  assertEquals(ring.pick(undefined, 1_000), "two");
  ring.refused("two", { status: 429, retryAfterMs: 10 }, 1_000);
  assertEquals(ring.pick(undefined, 2_000), "three");
});

Deno.test("KeyRing.pick() takes the key that rests for the shortest time where all rest", () => {
  const ring = new KeyRing(["one", "two"]);
  ring.refused("one", { status: 401 }, 0);
  ring.refused("two", { status: 429 }, 0);
  assertEquals(ring.pick("any", 1_000), "two");
  assertEquals(ring.pick(undefined, 1_000), "two");
});

Deno.test("KeyRing.refused() passes over a key that a reload took away", () => {
  const ring = new KeyRing(["one"]);
  ring.refused("gone", { status: 429 }, 0);
  ring.refused(undefined, { status: 429 }, 0);
  assertEquals(ring.pick(undefined, 0), "one");
});
