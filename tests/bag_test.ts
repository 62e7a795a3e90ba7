import { assert, assertEquals } from "@std/assert";
import { Bag, type Entry } from "../src/bag.ts";
import { canCollect } from "./support/garbage.ts";

Deno.test("Bag holds what was put in and not taken out", () => {
  const bag = new Bag<string>();
  const entries = ["a", "b", "c", "d"].map((item) => bag.add(item));
  const [a, b, c, d] = entries as [Entry<string>, Entry<string>, Entry<string>, Entry<string>];
  assertEquals([bag.remove(b), bag.remove(b)], [true, false]);
  assertEquals(bag.items().toSorted(), ["a", "c", "d"]);
  assertEquals([bag.remove(d), bag.size], [true, 2]);
  const e = bag.add("e");
  assertEquals([a, c].map((entry) => bag.remove(entry)), [true, true]);
  assertEquals(bag.items(), ["e"]);
  assertEquals([bag.remove(e), bag.remove(a), bag.size], [true, false, 0]);
});

Deno.test({
  name: "an old Bag keeps nothing alive that has left it",
  ignore: !canCollect,
  fn(): void {
    const bag = new Bag<object>();
    globalThis.gc?.();
    globalThis.gc?.();
    const before = Deno.memoryUsage().heapUsed;
    const inside: Entry<object>[] = [];
    for (let at = 0; at < 2_000; at++) {
      inside.push(bag.add(new Array(1_250).fill(at)));
      const first = inside.length > 8 ? inside.shift() : undefined;
      if (first) bag.remove(first);
      if (at % 20 === 0) globalThis.gc?.({ type: "minor" });
    }
    globalThis.gc?.({ type: "minor" });
    const kept = (Deno.memoryUsage().heapUsed - before) / 1e6;
    assert(kept < 5, `${kept} MB of 20 MB are kept`);
  },
});
