import { assertEquals } from "@std/assert";
import { Deadlines } from "../../src/upstream/deadlines.ts";

/** The names of the deadlines that were missed until `last` was, in their order. */
async function missedUntil(
  last: string,
  plan: (deadlines: Deadlines, miss: (name: string) => () => void) => void,
): Promise<readonly string[]> {
  const deadlines = new Deadlines();
  const missed: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  plan(deadlines, (name) => () => {
    missed.push(name);
    if (name === last) resolve();
  });
  await promise;
  deadlines.close();
  return missed;
}

Deno.test("Deadlines tell what was missed in the order of time", async () => {
  const missed = await missedUntil("late", (deadlines, miss) => {
    deadlines.add(miss("early"), 1);
    deadlines.add(miss("never"));
    deadlines.add(miss("middle"), 2);
    deadlines.add(miss("late"), 3);
  });
  assertEquals(missed, ["early", "middle", "late"]);
});

Deno.test("Deadlines can be moved, nearer and farther", async () => {
  const missed = await missedUntil("last", (deadlines, miss) => {
    const far = deadlines.add(miss("moved nearer"), 60_000);
    const near = deadlines.add(miss("never"), 1);
    deadlines.move(near, Infinity);
    deadlines.move(far, 1);
    deadlines.add(miss("last"), 2);
  });
  assertEquals(missed, ["moved nearer", "last"]);
});

Deno.test("Deadlines that are closed leave no timer and take no more", () => {
  const deadlines = new Deadlines();
  deadlines.add(() => {}, 60_000);
  deadlines.close();
  deadlines.add(() => {}, 1);
});

Deno.test("Deadlines that end their call when one is missed tell no other", async () => {
  const missed = await missedUntil("first", (deadlines, miss) => {
    const tell = miss("first");
    deadlines.add(() => {
      deadlines.close();
      tell();
    }, 1);
    deadlines.add(miss("second"), 1);
  });
  assertEquals(missed, ["first"]);
});

Deno.test("Deadlines of one call are missed though another call has ended", async () => {
  const other = new Deadlines();
  other.add(() => {}, 1);
  const missed = await missedUntil("own", (deadlines, miss) => {
    deadlines.add(miss("own"), 2);
    other.close();
  });
  assertEquals(missed, ["own"]);
});
