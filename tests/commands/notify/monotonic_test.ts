import { assertEquals } from "@std/assert";
import { MonotonicClock } from "../../../src/commands/notify/monotonic.ts";

Deno.test("MonotonicClock is never early, at most a second late, and better with every look", () => {
  // The process began 1000.25 s after the system did; Linux rounds the uptime up.
  const beginUsec = 1_000_250_000;
  let nowMs = 0;
  const clock = new MonotonicClock({
    nowMs: () => nowMs,
    uptimeSeconds: () => Math.ceil((beginUsec + nowMs * 1_000) / 1_000_000),
  });
  const late: number[] = [];
  for (nowMs of [0, 100, 740, 5_000]) late.push(clock.usec() - (beginUsec + nowMs * 1_000));
  assertEquals(late, [750_000, 650_000, 10_000, 10_000]);
});

Deno.test("MonotonicClock goes on with the system's clock", {
  ignore: Deno.build.os !== "linux",
}, () => {
  const clock = new MonotonicClock();
  const first = clock.usec();
  const uptimeUsec = Deno.osUptime() * 1_000_000;
  assertEquals(first <= uptimeUsec && first > uptimeUsec - 1_500_000, true);
  assertEquals(clock.usec() <= first + 5_000_000, true);
});
