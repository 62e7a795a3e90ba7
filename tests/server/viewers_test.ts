import { assertEquals, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { UnavailableError } from "../../src/errors.ts";
import { Viewers } from "../../src/server/viewers.ts";

Deno.test("Viewers ask once for all of them, and not at all while there is nobody", async () => {
  using time = new FakeTime();
  let asked = 0;
  const viewers = new Viewers(() => {
    asked++;
    return Promise.resolve([]);
  }, 1000);
  await time.tickAsync(5000);
  assertEquals(asked, 0);
  const leaveFirst = viewers.join();
  const leaveSecond = viewers.join();
  const first = viewers.next();
  await time.tickAsync(0);
  assertEquals((await first).threads, []);
  assertEquals(asked, 1);
  await time.tickAsync(1000);
  await time.tickAsync(1000);
  assertEquals(asked, 3);
  // Who comes in between need not wait for the next look.
  assertEquals((await viewers.first()).threads, []);
  leaveFirst();
  leaveFirst();
  await time.tickAsync(1000);
  assertEquals(asked, 4);
  leaveSecond();
  await time.tickAsync(5000);
  assertEquals([asked, viewers.size], [4, 0]);
});

Deno.test("Viewers who come after all left see nothing of the look that was under way", async () => {
  using time = new FakeTime();
  const looks: PromiseWithResolvers<never[]>[] = [];
  const viewers = new Viewers(() => {
    const look = Promise.withResolvers<never[]>();
    looks.push(look);
    return look.promise;
  }, 1000);
  viewers.join()();
  const leave = viewers.join();
  await time.tickAsync(0);
  leave();
  viewers.join();
  await time.tickAsync(0);
  const seen = viewers.next();
  const [old, fresh] = looks;
  old?.resolve([]);
  await time.tickAsync(0);
  fresh?.resolve([]);
  assertEquals((await seen).overview.since().version, 1);
  assertEquals(looks.length, 2);
});

Deno.test("Viewers are not let in without end", () => {
  const viewers = new Viewers(() => Promise.resolve([]));
  const leaves = Array.from({ length: 32 }, () => viewers.join());
  assertThrows(() => viewers.checkRoom(), UnavailableError, "Too many viewers");
  leaves[0]?.();
  viewers.checkRoom();
  for (const leave of leaves) leave();
});
