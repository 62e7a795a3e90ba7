import { assertEquals } from "@std/assert";
import { Breakers } from "../../src/server/breakers.ts";

function broken(now: number): Breakers {
  const breakers = new Breakers();
  for (let failure = 0; failure < 3; failure++) breakers.failed("a", now);
  return breakers;
}

Deno.test("Breakers puts a target aside after three failures in a row", () => {
  const breakers = new Breakers();
  breakers.failed("a", 0);
  breakers.failed("a", 0);
  assertEquals(breakers.admits("a", 0), true);
  breakers.succeeded("a");
  breakers.failed("a", 0);
  breakers.failed("a", 0);
  assertEquals(breakers.state("a", 0), "closed");
  breakers.failed("a", 0);
  assertEquals(breakers.state("a", 0), "open");
  assertEquals(breakers.admits("a", 14_999), false);
  assertEquals(breakers.admits("b", 0), true);
});

Deno.test("Breakers lets one request try a half-open target", () => {
  const breakers = broken(0);
  assertEquals(breakers.state("a", 15_000), "half_open");
  assertEquals(breakers.admits("a", 15_000), true);
  assertEquals(breakers.admits("a", 15_000), false);
  breakers.released("a");
  assertEquals(breakers.admits("a", 15_000), true);
  breakers.succeeded("a");
  assertEquals(breakers.state("a", 15_000), "closed");
});

Deno.test("Breakers rests twice as long after a try that failed, up to two minutes", () => {
  const breakers = broken(0);
  let now = 15_000;
  for (const rest of [30_000, 60_000, 120_000, 120_000]) {
    assertEquals(breakers.admits("a", now), true);
    breakers.failed("a", now);
    assertEquals(breakers.state("a", now + rest - 1), "open");
    assertEquals(breakers.state("a", now + rest), "half_open");
    now += rest;
  }
});
