import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname } from "node:path";
import { configureLog } from "../../src/log.ts";
import { type JournalOptions, UsageJournal } from "../../src/usage/journal.ts";
import { temporaryFolder } from "../support/config.ts";
import { until } from "../support/server_wait.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const FILE = "usage-2026-11.jsonl";

/** A journal in a folder that does not exist yet, and what it logged. */
async function openJournal(options: JournalOptions = {}) {
  const folder = await temporaryFolder();
  const directory = `${folder.path}/state/usage`;
  const lines: string[] = [];
  configureLog({ format: "json", write: (line) => lines.push(line) });
  const place = { directory, keepMs: 90 * 86_400_000 };
  const open = () => new UsageJournal(() => place, { flushMs: 1, now: () => NOW, ...options });
  return {
    directory,
    file: `${directory}/${FILE}`,
    open,
    journal: open(),
    logged: () => lines.map((line) => JSON.parse(line)),
    async [Symbol.asyncDispose](): Promise<void> {
      configureLog({});
      await folder[Symbol.asyncDispose]();
    },
  };
}

function holds(file: string, text: string): Promise<void> {
  return until(async () => await Deno.readTextFile(file).catch(() => "") === text, "it is written");
}

Deno.test("UsageJournal writes by itself what it was given, and nothing before", async () => {
  await using opened = await openJournal();
  const { journal, file, directory } = opened;
  assertEquals(await exists(directory), false);
  journal.add("a\n");
  journal.add("b\nc\n");
  await holds(file, "a\nb\nc\n");
  journal.add("d\n");
  await holds(file, "a\nb\nc\nd\n");
  await journal.close();
  assertEquals(opened.logged(), []);
});

Deno.test({
  name: "UsageJournal keeps its files and its directory from others",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using opened = await openJournal();
    opened.journal.add("a\n");
    await opened.journal.close();
    const modeOf = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
    assertEquals([await modeOf(opened.file), await modeOf(opened.directory)], [0o600, 0o700]);
  },
});

Deno.test("UsageJournal begins a new line behind half a one, which a crash left", async () => {
  await using opened = await openJournal();
  await Deno.mkdir(opened.directory, { recursive: true });
  await Deno.writeTextFile(opened.file, "a\nhal");
  opened.journal.add("b\n");
  await opened.journal.close();
  assertEquals(await Deno.readTextFile(opened.file), "a\nhal\nb\n");
});

Deno.test("UsageJournal goes on in a new file after the old one was renamed or removed", async () => {
  await using opened = await openJournal();
  const { journal, file } = opened;
  journal.add("a\n");
  await holds(file, "a\n");
  await Deno.rename(file, `${file}.1`);
  journal.add("b\n");
  await holds(file, "b\n");
  await Deno.remove(opened.directory, { recursive: true });
  journal.add("c\n");
  await holds(file, "c\n");
  await journal.close();
});

Deno.test("UsageJournal begins a new file with the month, and drops those that are too old", async () => {
  let now = NOW;
  await using opened = await openJournal({ now: () => now });
  const { journal, directory } = opened;
  await Deno.mkdir(directory, { recursive: true });
  const others = [
    "usage-2026-07.jsonl",
    "usage-2026-08.jsonl.2.gz",
    "usage-2026-09.jsonl",
    "x.txt",
  ];
  for (const name of others) await Deno.writeTextFile(`${directory}/${name}`, "old\n");
  journal.add("a\n");
  await until(async () => !(await namesIn(directory)).includes(others[0] ?? ""), "July goes");
  // 90 days before the 22nd of November is the 24th of August.
  assertEquals(await namesIn(directory), [FILE, ...others.slice(1)].sort());
  now = Date.parse("2026-12-01T00:00:00Z");
  journal.add("b\n");
  await holds(`${directory}/usage-2026-12.jsonl`, "b\n");
  await journal.close();
  assertEquals(
    await namesIn(directory),
    [FILE, "usage-2026-09.jsonl", "usage-2026-12.jsonl", "x.txt"].sort(),
  );
});

Deno.test({
  name: "UsageJournal says once that the disk is full, keeps what has room, and counts the rest",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using opened = await openJournal({ retryMs: 1, maxWaiting: 10 });
    const { journal, file } = opened;
    await Deno.mkdir(opened.directory, { recursive: true });
    await Deno.symlink("/dev/full", file);
    journal.add("aaaa\n");
    await until(() => opened.logged().length > 0, "the warning");
    journal.add("bbbb\n");
    for (let line = 0; line < 3; line++) journal.add("cccc\n");
    await Deno.remove(file);
    await holds(file, "aaaa\nbbbb\n");
    await journal.close();
    const [first, ...others] = opened.logged();
    assertMatch(first.message, /^Cannot write usage to .*No space left on device/);
    assertEquals(others.map(({ message, requests }) => [message, requests]), [
      ["Usage is written again", undefined],
      ["The usage of some requests was not written", 3],
    ]);
  },
});

Deno.test("UsageJournal counts lines that are being written as not yet written", async () => {
  const journals: UsageJournal[] = [];
  let asked = 0;
  // The clock is asked between taking the lines and writing them.
  const now = () => {
    if (asked++ === 0) journals[0]?.add("cccc\n");
    return NOW;
  };
  await using opened = await openJournal({ maxWaiting: 10, now });
  journals.push(opened.journal);
  opened.journal.add("aaaa\nbbbb\n");
  await holds(opened.file, "aaaa\nbbbb\n");
  opened.journal.add("dddd\n");
  await holds(opened.file, "aaaa\nbbbb\ndddd\n");
  await opened.journal.close();
  assertEquals(opened.logged().map(({ requests }) => requests), [1]);
});

Deno.test("UsageJournal says what was lost where it can never write", async () => {
  await using opened = await openJournal();
  const { journal, directory } = opened;
  await Deno.mkdir(dirname(directory));
  await Deno.writeTextFile(directory, "a file where the directory should be");
  journal.add("a\nb\n");
  await journal.close();
  const [first, second] = opened.logged();
  assert(first.message.startsWith(`Cannot write usage to ${directory}: `), first.message);
  assertEquals([second.level, second.requests], ["warn", 2]);
});

Deno.test("UsageJournal keeps nothing once it has no place any more", async () => {
  await using folder = await temporaryFolder();
  const journal = new UsageJournal(() => undefined);
  journal.add("a\n");
  await journal.close();
  assertEquals(await namesIn(folder.path), []);
});

Deno.test("several journals share a file without a line in pieces", async () => {
  await using opened = await openJournal();
  const long = "x".repeat(500);
  const journals = ["a", "b", "c"].map((name) => ({ name, journal: opened.open() }));
  for (let round = 0; round < 20; round++) {
    await Promise.all(journals.map(({ name, journal }) => {
      for (let line = 0; line < 50; line++) journal.add(`${name}${long}\n`);
      return journal.close();
    }));
  }
  // Who looks while another one writes may take the end for half a line: an empty one comes of it.
  const lines = (await Deno.readTextFile(opened.file)).split("\n").filter((line) => line !== "");
  assertEquals(lines.length, 3000);
  assert(lines.every((line) => /^[abc]x{500}$/.test(line)));
});

async function namesIn(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
