import { assert, assertEquals } from "@std/assert";
import { cpuMsBetween, cpuOf, type CpuReading } from "../../bench/cpu_time.ts";
import { StampReader } from "../../bench/load_streams.ts";
import { readAnswer, requestBody } from "../../bench/requests.ts";
import { interleave, pair } from "../../bench/rounds.ts";
import { median, percentile, spreadOf } from "../../bench/statistics.ts";
import { describeRow, formatHead, formatRow, type Row } from "../../bench/table.ts";

Deno.test("spreadOf() sorts by number", () => {
  assertEquals(spreadOf([10, 9, 100]), { median: 10, low: 9, high: 100 });
  assertEquals(median([4, 1, 2, 3]), 2.5);
});

Deno.test("percentile() lies between two numbers in proportion", () => {
  assertEquals(percentile([0, 10], 0.25), 2.5);
  assertEquals(percentile(Array.from({ length: 101 }, (_, at) => at), 0.99), 99);
  assertEquals(percentile([7], 0.99), 7);
  assertEquals(percentile([], 0.5), NaN);
});

const ROW: Row = {
  work: "a work",
  unit: "ms",
  base: 0.123456,
  gateway: 12.34,
  results: [3, 1, 2],
  resultUnit: "×",
  limit: 2,
};

Deno.test("formatRow() keeps to the columns of the head", () => {
  const [head = ""] = formatHead().split("\n");
  const line = formatRow(ROW);
  assertEquals(line.split(/ {2,}/), [
    "a work",
    "0.12 ms",
    "12.3 ms",
    "2.00 × (1.00 to 3.00)",
    "2.00 × met",
  ]);
  assertEquals(line.indexOf("12.3"), head.indexOf("gateway"));
  assertEquals(line.indexOf("2.00 × met"), head.indexOf("target"));
});

Deno.test("formatRow() leaves out what there is not", () => {
  const line = formatRow({ ...ROW, base: undefined, results: [-0.0421], limit: undefined });
  assertEquals(line.split(/ {2,}/), ["a work", "12.3 ms", "-0.042 ×"]);
});

Deno.test("a target is missed above its limit, or below it if it is a floor", () => {
  assertEquals(describeRow(ROW).met, true);
  assertEquals(describeRow({ ...ROW, limit: 1.9 }).met, false);
  assertEquals(describeRow({ ...ROW, limit: 1.9, isFloor: true }).met, true);
  assertEquals(describeRow({ ...ROW, limit: 2.1, isFloor: true }).met, false);
  assertEquals(describeRow({ ...ROW, limit: undefined }).met, undefined);
});

Deno.test("interleave() measures in turn and forgets the first round", async () => {
  const calls: string[] = [];
  const note = (name: string) => () => Promise.resolve(calls.push(name));
  const rounds = await interleave(2, note("base"), note("own"));
  assertEquals(calls, ["base", "own", "base", "own", "base", "own"]);
  assertEquals(rounds, { base: [3, 5], own: [4, 6] });
  assertEquals(pair(rounds, (own, base) => own - base), [1, 1]);
});

function reading(threads: Record<string, number>, ticksMs: number): CpuReading {
  return { threads: new Map(Object.entries(threads)), ticksMs };
}

Deno.test("cpuMsBetween() sums the threads, new ones too", () => {
  const before = reading({ a: 1_000_000, b: 5_000_000 }, 0);
  assertEquals(cpuMsBetween(before, reading({ a: 3_500_000, b: 5_000_000, c: 1e6 }, 10)), 3.5);
});

Deno.test("cpuMsBetween() believes the ticks where a thread ended", () => {
  const before = reading({ a: 1_000_000, b: 5_000_000 }, 0);
  assertEquals(cpuMsBetween(before, reading({ a: 2_000_000 }, 200)), 200);
});

Deno.test({
  name: "cpuOf() sees the work of a process",
  ignore: Deno.build.os !== "linux",
  async fn() {
    let sum = 0;
    const spent = await cpuOf(Deno.pid, () => {
      for (let at = 0; at < 1e8; at++) sum += at % 7;
      return Promise.resolve();
    });
    assert(sum > 0);
    assert(spent > 0);
  },
});

for (const body of ["small", "agent"] as const) {
  Deno.test(`readAnswer() finds the wishes of the ${body} request`, () => {
    const text = requestBody({ body, events: 12, paceMs: 20, packed: true });
    assertEquals(readAnswer(text), { events: 12, paceMs: 20, packed: true });
  });
}

Deno.test("readAnswer() finds nothing in another request", () => {
  assertEquals(readAnswer('{"messages":[]}'), undefined);
});

Deno.test("StampReader finds every time, wherever the stream is cut", () => {
  const bytes = new TextEncoder().encode('x"@1763.250 "}\n\ndata: "@1764.125 "@1765.5 "\n');
  for (let cut = 0; cut <= bytes.length; cut++) {
    const times: number[] = [];
    const stamps = new StampReader((time) => times.push(time));
    stamps.push(bytes.subarray(0, cut));
    stamps.push(bytes.subarray(cut));
    assertEquals(times, [1763.25, 1764.125, 1765.5], `cut at ${cut}`);
  }
});
