import { assertEquals } from "@std/assert";
import { archiveName, executableName, readTarget, TARGETS } from "../../scripts/platforms.ts";

function header(...parts: [offset: number, bytes: number[]][]): Uint8Array {
  const bytes = new Uint8Array(256);
  for (const [offset, values] of parts) bytes.set(values, offset);
  return bytes;
}

const ELF = [0x7f, 0x45, 0x4c, 0x46];
const MACH_O = [0xcf, 0xfa, 0xed, 0xfe];
const PE_AT_128: [number, number[]][] = [[0, [0x4d, 0x5a]], [60, [128]], [128, [0x50, 0x45, 0, 0]]];

const CASES: { name: string; bytes: Uint8Array; want: string | undefined }[] = [
  { name: "ELF", bytes: header([0, ELF], [18, [0x3e]]), want: "x86_64-unknown-linux-gnu" },
  { name: "ELF for ARM", bytes: header([0, ELF], [18, [0xb7]]), want: "aarch64-unknown-linux-gnu" },
  {
    name: "Mach-O",
    bytes: header([0, MACH_O], [4, [7, 0, 0, 1]]),
    want: "x86_64-apple-darwin",
  },
  {
    name: "Mach-O for ARM",
    bytes: header([0, MACH_O], [4, [12, 0, 0, 1]]),
    want: "aarch64-apple-darwin",
  },
  {
    name: "PE",
    bytes: header(...PE_AT_128, [132, [0x64, 0x86]]),
    want: "x86_64-pc-windows-msvc",
  },
  { name: "a machine that it does not know", bytes: header([0, ELF], [18, [8]]), want: undefined },
  { name: "a file of DOS", bytes: header([0, [0x4d, 0x5a]], [60, [255]]), want: undefined },
  { name: "a script", bytes: new TextEncoder().encode("#!/bin/sh\n".repeat(9)), want: undefined },
  { name: "an empty file", bytes: new Uint8Array(), want: undefined },
];

for (const { name, bytes, want } of CASES) {
  Deno.test(`readTarget() reads ${name}`, () => assertEquals(readTarget(bytes), want));
}

Deno.test("readTarget() knows the program that runs this test", async () => {
  using file = await Deno.open(Deno.execPath());
  const bytes = new Uint8Array(4096);
  await file.read(bytes);
  assertEquals(readTarget(bytes), Deno.build.target);
});

Deno.test("every platform has an archive, and Windows a program with its ending", () => {
  assertEquals(TARGETS.length, 5);
  assertEquals(archiveName("aarch64-apple-darwin"), "switchyard-aarch64-apple-darwin.tar.gz");
  assertEquals(TARGETS.map(executableName).filter((name) => name === "switchyard.exe").length, 1);
});
