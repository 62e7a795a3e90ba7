import { assert, assertEquals } from "@std/assert";
import { readEntries } from "../../src/usage/read.ts";
import { temporaryFolder } from "../support/config.ts";
import { usageLine } from "../support/usage_entries.ts";

const ALL = { from: 0, to: Infinity };

/** The targets of the entries, and how many lines were damaged. */
async function read(directory: string, period = ALL) {
  const found: string[] = [];
  const { damaged } = await readEntries(directory, period, ({ target }) => found.push(target));
  return { found: found.sort(), damaged };
}

Deno.test("readEntries() reads what logrotate renamed or packed, and no other file", async () => {
  await using folder = await temporaryFolder({
    "usage-2026-11.jsonl": usageLine({ target: "a" }),
    "usage-2026-11.jsonl.1": usageLine({ target: "b" }),
    "usage-2026-11.jsonl-20261120": usageLine({ target: "c" }),
    "usage-2026-11.jsonl.bak": usageLine({ target: "no" }),
    "other.jsonl": usageLine({ target: "no" }),
  });
  const packed = new Blob([usageLine({ target: "d" })]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  await Deno.writeFile(`${folder.path}/usage-2026-10.jsonl.2.gz`, packed);
  assertEquals(await read(folder.path), { found: ["a", "b", "c", "d"], damaged: 0 });
});

Deno.test("readEntries() skips damaged lines and counts them", async () => {
  const whole = usageLine({ target: "a" });
  await using folder = await temporaryFolder({
    "usage-2026-11.jsonl":
      `${whole}${whole.slice(0, 40)}\n\n${whole}[]\n{"time":"x","target":"a"}\n` +
      `${"x".repeat(300_000)}\n${whole}{"time":`,
  });
  assertEquals(await read(folder.path), { found: ["a", "a", "a"], damaged: 5 });
});

Deno.test("readEntries() keeps to its period: the first moment is in, the last is not", async () => {
  const times = [
    "2026-10-31T23:59:59.999Z",
    "2026-11-01T00:00:00.000Z",
    "2026-11-02T00:00:00.000Z",
  ];
  await using folder = await temporaryFolder({
    "usage-2026-10.jsonl": usageLine({ time: times[0] ?? "", target: "0" }),
    "usage-2026-11.jsonl": times.slice(1)
      .map((time, at) => usageLine({ time, target: `${at + 1}` })).join(""),
  });
  const of = async (from: number, to: number) =>
    (await read(folder.path, {
      from: Date.parse(times[from] ?? ""),
      to: Date.parse(times[to] ?? ""),
    })).found;
  assertEquals(await of(0, 2), ["0", "1"]);
  assertEquals(await of(1, 2), ["1"]);
  const { files } = await readEntries(
    folder.path,
    { from: Date.parse(times[1] ?? ""), to: 9e15 },
    () => {},
  );
  assertEquals(files, 1);
});

Deno.test("readEntries() holds no file in memory", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/usage-2026-11.jsonl`;
  const block = usageLine({ input_tokens: 1 }).repeat(20_000);
  using file = await Deno.open(path, { write: true, create: true });
  for (let at = 0; at < 10; at++) await file.write(new TextEncoder().encode(block));
  let most = 0;
  let count = 0;
  await readEntries(folder.path, ALL, () => {
    if (++count % 10_000 === 0) most = Math.max(most, Deno.memoryUsage().heapUsed);
  });
  assertEquals(count, 200_000);
  assert(most < 200 * 1024 * 1024, `${most} bytes of heap`);
});
