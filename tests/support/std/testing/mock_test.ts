// Runs against the stand-ins and against the real packages alike.
import { assert, assertEquals, AssertionError, assertRejects, assertThrows } from "@std/assert";
import {
  assertSpyCall,
  assertSpyCallAsync,
  assertSpyCalls,
  MockError,
  resolvesNext,
  returnsNext,
  spy,
  stub,
} from "@std/testing/mock";

class Counter {
  count = 0;

  add(step: number): number {
    this.count += step;
    return this.count;
  }
}

Deno.test("spy() records the calls of a function", () => {
  const half = spy((value: number) => {
    if (value % 2 === 1) throw new RangeError("odd");
    return value / 2;
  });
  assertEquals(half(4), 2);
  assertThrows(() => half(3), RangeError);
  assertSpyCalls(half, 2);
  assertSpyCall(half, 0, { args: [4], returned: 2 });
  assertSpyCall(half, 1, { args: [3], error: { Class: RangeError, msgIncludes: "odd" } });
  assertThrows(() => half.restore(), MockError);
});

Deno.test("spy() without a function records and returns nothing", () => {
  const noted = spy();
  assertEquals(noted(1, "a"), undefined);
  assertEquals(noted.calls.map((call) => call.args), [[1, "a"]]);
});

Deno.test("spy() of a method calls the method and restores it", () => {
  const counter = new Counter();
  const { add } = Counter.prototype;
  {
    using added = spy(counter, "add");
    assertEquals(counter.add(2), 2);
    assertSpyCall(added, 0, { self: counter, args: [2], returned: 2 });
    assertThrows(() => spy(counter, "add"), MockError);
    assertEquals(added.restored, false);
  }
  assert(counter.add === add);
  assertEquals(Object.hasOwn(counter, "add"), false);
});

Deno.test("stub() replaces a method and restores it", () => {
  const counter = new Counter();
  const added = stub(counter, "add", (step) => step * 100);
  assertEquals([counter.add(2), counter.count], [200, 0]);
  assertSpyCalls(added, 1);
  assert(added.original === Counter.prototype.add);
  added.restore();
  assertEquals([counter.add(2), added.restored], [2, true]);
  assertThrows(() => added.restore(), MockError);
});

Deno.test("stub() without a function returns nothing", () => {
  const counter = new Counter();
  using added = stub(counter, "add");
  assertEquals(counter.add(1) as unknown, undefined);
  assertSpyCalls(added, 1);
  assertThrows(() => stub(counter, "count"), MockError);
});

Deno.test("stub() replaces a global function", async () => {
  using fetched = stub(globalThis, "fetch", () => Promise.resolve(new Response("hi")));
  const answer = await fetch("http://example.test/");
  assertEquals(await answer.text(), "hi");
  assertEquals(fetched.calls[0]?.args[0], "http://example.test/");
});

Deno.test("returnsNext() returns one value at a time and throws the errors", () => {
  const next = returnsNext([1, new Error("boom"), 2]);
  assertEquals(next(), 1);
  assertThrows(next, Error, "boom");
  assertEquals(next(), 2);
  assertThrows(next, MockError, "Not expected to be called more than 3 time(s)");
});

Deno.test("resolvesNext() resolves to one value at a time", async () => {
  const next = resolvesNext([1, new Error("boom"), Promise.resolve(2)]);
  assertEquals(await next(), 1);
  await assertRejects(() => next(), Error, "boom");
  assertEquals(await next(), 2);
  await assertRejects(() => next(), MockError);
});

Deno.test("assertSpyCallAsync() looks at how the promise settled", async () => {
  const work = spy((value: number) =>
    value > 0 ? Promise.resolve(value) : Promise.reject(new RangeError("low"))
  );
  await work(1);
  await assertRejects(() => work(0));
  await assertSpyCallAsync(work, 0, { args: [1], returned: 1 });
  await assertSpyCallAsync(work, 1, { error: { Class: RangeError, msgIncludes: "low" } });
  await assertRejects(() => assertSpyCallAsync(work, 0, { returned: 2 }), AssertionError);
});

const REFUSED: { name: string; check: () => void }[] = [
  {
    name: "too few calls",
    check: () => assertSpyCalls(called(), 2),
  },
  { name: "too many calls", check: () => assertSpyCalls(called(), 0) },
  { name: "a call that never was", check: () => assertSpyCall(called(), 1) },
  { name: "other arguments", check: () => assertSpyCall(called(), 0, { args: [2] }) },
  { name: "another result", check: () => assertSpyCall(called(), 0, { returned: 2 }) },
  { name: "another self", check: () => assertSpyCall(called(), 0, { self: {} }) },
  {
    name: "an error that never was",
    check: () => assertSpyCall(called(), 0, { error: {} }),
  },
];

for (const { name, check } of REFUSED) {
  Deno.test(`assertSpyCall() refuses ${name}`, () => {
    assertThrows(check, AssertionError);
  });
}

function called() {
  const same = spy((value: number) => value);
  same(1);
  return same;
}
