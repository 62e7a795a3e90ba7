import { assertEquals } from "@std/assert";
import { CountRefusals } from "../../src/server/count_refusals.ts";
import { testTarget } from "../support/turn.ts";

Deno.test("CountRefusals remembers a refusal for ten minutes, by target and model", () => {
  let now = 1000;
  const refusals = new CountRefusals(() => now);
  const [one, other] = [testTarget(), testTarget()];
  refusals.add(one, "m");
  assertEquals([refusals.has(one, "m"), refusals.has(one, "n"), refusals.has(other, "m")], [
    true,
    false,
    false,
  ]);
  now += 10 * 60_000 - 1;
  assertEquals(refusals.has(one, "m"), true);
  now += 1;
  assertEquals(refusals.has(one, "m"), false);
});

Deno.test("CountRefusals forgets rather than grow with names of the client's choice", () => {
  const refusals = new CountRefusals(() => 0);
  const target = testTarget();
  for (let at = 0; at < 1000; at++) refusals.add(target, `m${at}`);
  assertEquals([refusals.has(target, "m0"), refusals.has(target, "m999")], [false, true]);
});
