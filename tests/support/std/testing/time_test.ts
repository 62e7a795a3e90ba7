// Runs against the stand-ins and against the real packages alike.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FakeTime, TimeError } from "@std/testing/time";

Deno.test("FakeTime replaces Date and restores it", () => {
  const RealDate = Date;
  {
    using time = new FakeTime(1000);
    assertEquals([Date.now(), new Date().getTime(), time.now, time.start], [
      1000,
      1000,
      1000,
      1000,
    ]);
    time.tick(500);
    assertEquals([Date.now(), new Date().getTime(), time.now, time.start], [
      1500,
      1500,
      1500,
      1000,
    ]);
    assert(new Date(7) instanceof Date);
    assertEquals(new Date(7).getTime(), 7);
    assertEquals(Date.UTC(1970, 0, 1), 0);
  }
  assert(Date === RealDate);
  assert(Date.now() > 1_000_000);
});

Deno.test("FakeTime begins at a date, a text or now", () => {
  const before = Date.now();
  const starts = [new Date(5), "1970-01-01T00:00:00.007Z", undefined].map((start) => {
    using time = new FakeTime(start);
    return time.now;
  });
  assertEquals(starts.slice(0, 2), [5, 7]);
  assert((starts[2] ?? 0) >= before);
  assertThrows(() => new FakeTime("never"), TypeError);
});

Deno.test("FakeTime calls timers in the order in which they fall due", () => {
  using time = new FakeTime(0);
  const calls: string[] = [];
  const note = (name: string): void => void calls.push(`${name}@${Date.now()}`);
  setTimeout(note, 20, "b");
  setTimeout(note, 10, "a");
  setTimeout(note, 20, "c");
  setInterval(note, 15, "i");
  time.tick(9);
  assertEquals(calls, []);
  time.tick(21);
  assertEquals(calls, ["a@10", "i@15", "b@20", "c@20", "i@30"]);
});

Deno.test("FakeTime calls a timer that a timer sets", () => {
  using time = new FakeTime(0);
  const calls: number[] = [];
  setTimeout(() => {
    calls.push(Date.now());
    setTimeout(() => calls.push(Date.now()), 5);
  }, 5);
  time.tick(10);
  assertEquals(calls, [5, 10]);
});

Deno.test("FakeTime forgets cleared timers", () => {
  using time = new FakeTime(0);
  let calls = 0;
  const timeout = setTimeout(() => calls++, 5);
  const interval = setInterval(() => {
    calls++;
    clearInterval(interval);
  }, 5);
  clearTimeout(timeout);
  clearTimeout(undefined);
  time.tick(50);
  assertEquals(calls, 1);
});

Deno.test("FakeTime.next() moves to the next timer only", () => {
  using time = new FakeTime(0);
  setTimeout(() => {}, 5);
  setTimeout(() => {}, 7);
  assertEquals([time.next(), time.now], [true, 5]);
  assertEquals([time.next(), time.now], [true, 7]);
  assertEquals([time.next(), time.now], [false, 7]);
});

Deno.test("FakeTime.runAll() runs until no timer is left", () => {
  using time = new FakeTime(0);
  let left = 3;
  const again = (): void => {
    if (--left > 0) setTimeout(again, 10);
  };
  setTimeout(again, 10);
  time.runAll();
  assertEquals([left, time.now], [0, 30]);
});

Deno.test("FakeTime.tickAsync() runs microtasks first", async () => {
  using time = new FakeTime(0);
  const calls: number[] = [];
  const work = (async () => {
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve, 10));
    calls.push(Date.now());
  })();
  await time.tickAsync(10);
  await work;
  assertEquals(calls, [10]);
});

Deno.test("FakeTime.nextAsync() and runAllAsync() follow a chain of waits", async () => {
  using time = new FakeTime(0);
  const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const work = (async () => {
    await wait(10);
    await wait(20);
    return Date.now();
  })();
  assertEquals([await time.nextAsync(), time.now], [true, 10]);
  await time.runMicrotasks();
  await time.runAllAsync();
  assertEquals(await work, 30);
});

Deno.test("FakeTime stops at a timer that throws", () => {
  using time = new FakeTime(0);
  setTimeout(() => {
    throw new Error("boom");
  }, 5);
  assertThrows(() => time.tick(10), Error, "boom");
  assertEquals(time.now, 5);
  time.tick(1);
  assertEquals(time.now, 6);
});

Deno.test("FakeTime does not go back", () => {
  using time = new FakeTime(10);
  assertThrows(() => time.now = 5, RangeError);
});

Deno.test("FakeTime aborts signals in fake time", () => {
  using time = new FakeTime(0);
  const signal = AbortSignal.timeout(100);
  time.tick(99);
  assertEquals(signal.aborted, false);
  time.tick(1);
  assertEquals([signal.aborted, signal.reason.name], [true, "TimeoutError"]);
});

Deno.test("FakeTime can be faked and restored only once", () => {
  const time = new FakeTime();
  assertThrows(() => new FakeTime(), TimeError);
  time.restore();
  assertThrows(() => time.restore(), TimeError);
  assertThrows(() => FakeTime.restore(), TimeError);
});

Deno.test("FakeTime.delay() waits in real time", async () => {
  using time = new FakeTime(0);
  await time.delay(1);
  assertEquals(time.now, 0);
  await assertRejects(() => time.delay(1, { signal: AbortSignal.abort() }), DOMException);
});

Deno.test("FakeTime.restoreFor() runs a callback in real time", async () => {
  using _time = new FakeTime(0);
  const now = await FakeTime.restoreFor(() => Date.now());
  assert(now > 1_000_000);
  assertEquals(Date.now(), 0);
  await assertRejects(
    () => FakeTime.restoreFor(() => Promise.reject(new Error("boom"))),
    Error,
    "boom",
  );
  assertEquals(Date.now(), 0);
});
