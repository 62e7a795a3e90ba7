/** A file of an archive. */
export interface ArchiveEntry {
  /** With `/`, at most 100 bytes of ASCII. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** True for programs. */
  readonly executable?: boolean;
}

const BLOCK = 512;

/**
 * Writes a `.tar.gz` of some files, the same bytes for the same files and time on every machine,
 * which the `tar` of macOS and that of Linux do not agree on.
 *
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html} (ustar)
 */
export async function writeTarball(
  file: string,
  entries: readonly ArchiveEntry[],
  time: Date,
): Promise<void> {
  const blocks = entries.flatMap(({ path, bytes, executable = false }) => [
    header(path, { size: bytes.length, mode: executable ? 0o755 : 0o644, time }),
    bytes,
    new Uint8Array((BLOCK - bytes.length % BLOCK) % BLOCK),
  ]);
  const archive = ReadableStream.from([...blocks, new Uint8Array(2 * BLOCK)]);
  const output = await Deno.open(file, { write: true, create: true, truncate: true });
  await archive.pipeThrough(new CompressionStream("gzip")).pipeTo(output.writable);
}

interface Attributes {
  readonly size: number;
  readonly mode: number;
  readonly time: Date;
}

function header(path: string, { size, mode, time }: Attributes): Uint8Array<ArrayBuffer> {
  if (path.length > 100) throw new RangeError(`Cannot archive "${path}": the name is too long`);
  const block = new Uint8Array(BLOCK);
  const write = (offset: number, text: string): void => {
    block.set(new TextEncoder().encode(text), offset);
  };
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  write(0, path);
  write(100, octal(mode, 7));
  write(108, octal(0, 7)); // Owner and group are root, who is there on every machine.
  write(116, octal(0, 7));
  write(124, octal(size, 11));
  write(136, octal(Math.floor(time.getTime() / 1000), 11));
  write(148, " ".repeat(8)); // The checksum counts as spaces in its own sum.
  write(156, "0");
  write(257, "ustar\x0000");
  const sum = block.reduce((total, byte) => total + byte, 0);
  write(148, `${octal(sum, 6)}\0 `);
  return block;
}
