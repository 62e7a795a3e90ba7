import { assertEquals, assertRejects } from "@std/assert";
import { type ArchiveEntry, writeTarball } from "../../scripts/tarball.ts";
import { temporaryFolder } from "../support/config.ts";
import { runTool } from "../support/outside_programs.ts";

const TIME = new Date("2026-11-22T12:00:00Z");

const ENTRIES: readonly ArchiveEntry[] = [
  {
    path: "a/program",
    bytes: new TextEncoder().encode("#!/bin/sh\necho it runs\n"),
    executable: true,
  },
  { path: "a/block", bytes: new Uint8Array(512).fill(65) },
  { path: "a/empty", bytes: new Uint8Array() },
  { path: "a/long", bytes: new Uint8Array(100_001).fill(66) },
];

Deno.test("writeTarball() writes what tar unpacks, modes and times included", async () => {
  await using folder = await temporaryFolder();
  await writeTarball(`${folder.path}/a.tar.gz`, ENTRIES, TIME);
  const { code, err } = await runTool("tar", ["-xzf", "a.tar.gz"], { cwd: folder.path });
  assertEquals([code, err], [0, ""]);
  for (const { path, bytes } of ENTRIES) {
    assertEquals(await Deno.readFile(`${folder.path}/${path}`), bytes);
  }
  const { mode, mtime } = await Deno.stat(`${folder.path}/a/program`);
  assertEquals([(mode ?? 0) & 0o111, mtime], [0o111, TIME]);
  assertEquals((await runTool(`${folder.path}/a/program`, [])).out, "it runs\n");
});

Deno.test("writeTarball() writes the same bytes again", async () => {
  await using folder = await temporaryFolder();
  for (const name of ["one", "two"]) await writeTarball(`${folder.path}/${name}`, ENTRIES, TIME);
  const [one, two] = ["one", "two"].map((name) => Deno.readFileSync(`${folder.path}/${name}`));
  assertEquals(one, two);
});

Deno.test("writeTarball() refuses a name that does not fit", async () => {
  await using folder = await temporaryFolder();
  const entry = { path: "x".repeat(101), bytes: new Uint8Array() };
  await assertRejects(
    () => writeTarball(`${folder.path}/a`, [entry], TIME),
    RangeError,
    "too long",
  );
});
