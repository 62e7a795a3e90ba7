import { assertEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import type { Target } from "../../src/target.ts";
import { watchConnect } from "../../src/upstream/reachability.ts";

const CONNECT_MS = 10_000;
const target = { timeouts: { connectMs: CONNECT_MS } } as Target;

/** Runs the clock past the connect timeout; what happened, in order. */
async function watch(probe: () => Promise<void>, stopAt = Infinity): Promise<string[]> {
  const events: string[] = [];
  const time = new FakeTime();
  try {
    const stop = watchConnect(target, "http://127.0.0.1:1/v1", () => events.push("timeout"), () => {
      events.push("probe");
      return probe();
    });
    for (let now = 0; now <= CONNECT_MS + 1_000; now += 500) {
      if (now >= stopAt) stop();
      await time.tickAsync(500);
    }
    stop();
  } finally {
    time.restore();
  }
  return events;
}

const CASES: { name: string; probe: () => Promise<void>; stopAt?: number; want: string[] }[] = [
  {
    name: "gives up a host that takes no connection",
    probe: () => new Promise(() => {}),
    want: ["probe", "timeout"],
  },
  {
    name: "waits for a host that connects and thinks",
    probe: () => Promise.resolve(),
    want: ["probe"],
  },
  {
    name: "leaves a refusal to the request itself",
    probe: () => Promise.reject(new Error("refused")),
    want: ["probe"],
  },
  {
    name: "does nothing once the answer began",
    probe: () => new Promise(() => {}),
    stopAt: 1_000,
    want: [],
  },
  {
    name: "forgets its probe once the answer began",
    probe: () => new Promise(() => {}),
    stopAt: 9_500,
    want: ["probe"],
  },
];

for (const { name, probe, stopAt, want } of CASES) {
  Deno.test(`watchConnect() ${name}`, async () => {
    assertEquals(await watch(probe, stopAt), want);
  });
}
