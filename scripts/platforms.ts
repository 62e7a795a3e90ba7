/** The platforms that `deno compile` can build for, and how their programs are recognised. */
export const TARGETS: readonly string[] = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

/** Bytes from the start of a program that {@link readTarget} needs. */
export const HEADER_BYTES = 4096;

/** Machine numbers of ELF, Mach-O and PE. */
const ELF_MACHINES: Readonly<Record<number, string>> = { 0x3e: "x86_64", 0xb7: "aarch64" };
const MACH_O_MACHINES: Readonly<Record<number, string>> = {
  0x01000007: "x86_64",
  0x0100000c: "aarch64",
};
const PE_MACHINES: Readonly<Record<number, string>> = { 0x8664: "x86_64" };

/** The file name of the program on a platform. */
export function executableName(target: string): string {
  return target.includes("-windows-") ? "switchyard.exe" : "switchyard";
}

/** The file name of a platform's archive, which install.sh and the formula ask for. */
export function archiveName(target: string): string {
  return `switchyard-${target}.tar.gz`;
}

/** The platform that a program was built for, from its first bytes; undefined for any other file. */
export function readTarget(header: Uint8Array): string | undefined {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (view.byteLength < 64) return undefined;
  if (view.getUint32(0) === 0x7f454c46) {
    return named(ELF_MACHINES[view.getUint16(18, true)], "unknown-linux-gnu");
  }
  if (view.getUint32(0, true) === 0xfeedfacf) {
    return named(MACH_O_MACHINES[view.getUint32(4, true)], "apple-darwin");
  }
  if (view.getUint16(0) !== 0x4d5a) return undefined;
  const start = view.getUint32(60, true);
  if (start + 6 > view.byteLength || view.getUint32(start) !== 0x50450000) return undefined;
  return named(PE_MACHINES[view.getUint16(start + 4, true)], "pc-windows-msvc");
}

function named(machine: string | undefined, system: string): string | undefined {
  return machine === undefined ? undefined : `${machine}-${system}`;
}
