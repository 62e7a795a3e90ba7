import { assertEquals } from "@std/assert";
import { makeWay } from "../src/event_loop.ts";

Deno.test("makeWay() lets one go on in each turn of the event loop, in order", async () => {
  const log: string[] = [];
  let turns = 0;
  // Timers of the same delay run in the order they were made.
  const count = () => {
    log.push(`turn ${++turns}`);
    if (turns < 4) setTimeout(count, 0);
  };
  const wait = async (name: string) => {
    await makeWay();
    log.push(name);
  };
  setTimeout(count, 0);
  await Promise.all(["a", "b", "c"].map(wait));
  const between = (first: string, second: string) =>
    log.slice(log.indexOf(first) + 1, log.indexOf(second)).length;
  assertEquals(log.filter((entry) => !entry.startsWith("turn")), ["a", "b", "c"]);
  assertEquals([between("a", "b") > 0, between("b", "c") > 0], [true, true], log.join());
  while (turns < 4) await makeWay();
});
