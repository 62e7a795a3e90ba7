import { listFiles } from "./files.ts";
import { parseEntry, type ReadEntry } from "./entry.ts";

/** What is read: from the first moment on, up to but not including the second. */
export interface Period {
  /** Milliseconds since 1970, like the other one. */
  readonly from: number;
  readonly to: number;
}

/** What a reading found besides the entries. */
export interface ReadingNotes {
  files: number;
  /** Lines that a crash or a full disk cut off, and whatever else is no entry. */
  damaged: number;
}

/** Longer lines are none of ours, and are not held in memory. */
const MAX_LINE = 64 * 1024;

/**
 * Tells every entry of a period, in no particular order, while the files are read piece by piece:
 * they may be larger than the memory.
 *
 * @throws {Error} If a file cannot be read.
 */
export async function readEntries(
  directory: string,
  { from, to }: Period,
  take: (entry: ReadEntry) => void,
): Promise<Readonly<ReadingNotes>> {
  const notes: ReadingNotes = { files: 0, damaged: 0 };
  for (const { path, endsAt } of await listFiles(directory)) {
    // A line stands in the file of the month in which it was written, or of an earlier time.
    if (endsAt <= from) continue;
    notes.files++;
    await readLines(path, (line) => {
      const entry = parseEntry(line);
      if (entry === undefined) notes.damaged++;
      else if (entry.endedAt >= from && entry.endedAt < to) take(entry);
    });
  }
  return notes;
}

/** Tells each line that is not empty; of one that is too long only the beginning. */
async function readLines(path: string, take: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const text of await openText(path)) {
    const lines = (rest + text).split("\n");
    rest = (lines.pop() ?? "").slice(0, MAX_LINE);
    for (const line of lines) if (line !== "") take(line);
  }
  if (rest !== "") take(rest);
}

async function openText(path: string): Promise<ReadableStream<string>> {
  const { readable } = await Deno.open(path);
  const bytes = path.endsWith(".gz")
    ? readable.pipeThrough(new DecompressionStream("gzip"))
    : readable;
  return bytes.pipeThrough(new TextDecoderStream());
}
