import { join } from "node:path";
import { encodeText } from "../bytes.ts";
import { getLogger } from "../log.ts";
import { fileNameAt, pruneFiles } from "./files.ts";

const log = getLogger("usage");

/** Where lines go, and for how long they stay. */
export interface JournalPlace {
  readonly directory: string;
  /** How long lines are kept at least; a file goes when its whole month is older. */
  readonly keepMs: number;
}

/** What is replaced in tests. */
export interface JournalOptions {
  /** Between two writes. */
  readonly flushMs?: number;
  /** Between two tries, as long as writing fails. */
  readonly retryMs?: number;
  /** Most UTF-16 units of lines not yet written; what comes on top is dropped. */
  readonly maxWaiting?: number;
  readonly now?: () => number;
}

const DAY_MS = 86_400_000;
const NEWLINE = 10;

/**
 * Appends lines to the usage file of the month, in one write a second at most.
 *
 * The file is opened anew for each write, so something else may rename or remove it at any time. The
 * system lets nobody write between the bytes of one append, so several processes may share a file.
 * Until the first line nothing is created.
 */
export class UsageJournal {
  readonly #place: () => JournalPlace | undefined;
  readonly #options: Required<JournalOptions>;
  #waiting: string[] = [];
  /** UTF-16 units of the lines that wait or are being written: both are in memory. */
  #size = 0;
  #dropped = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;
  #prunedAt = -Infinity;

  /** The place is asked for before each write; undefined means that nothing is kept any more. */
  constructor(place: () => JournalPlace | undefined, options: JournalOptions = {}) {
    this.#place = place;
    this.#options = {
      flushMs: 1_000,
      retryMs: 10_000,
      maxWaiting: 1024 * 1024,
      now: Date.now,
      ...options,
    };
  }

  /** Takes lines, each with its line break. Returns at once. */
  readonly add = (lines: string): void => {
    if (this.#size + lines.length > this.#options.maxWaiting) {
      this.#dropped += countLines(lines);
    } else {
      this.#waiting.push(lines);
      this.#size += lines.length;
    }
    this.#schedule();
  };

  /** Writes what waits, for the last time; says what could not be written. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#flush();
    clearTimeout(this.#timer);
    this.#tellLost(this.#dropped + countLines(this.#waiting.join("")));
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#writing) return;
    const { flushMs, retryMs } = this.#options;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#flush().finally(() => {
        this.#writing = undefined;
        if (this.#waiting.length > 0) this.#schedule();
      });
    }, this.#isFailing ? retryMs : flushMs);
    // The process may end; `close` writes what is left.
    Deno.unrefTimer(this.#timer);
  }

  /** Never rejects: what cannot be written waits for the next time. */
  async #flush(): Promise<void> {
    const place = this.#place();
    const text = this.#waiting.join("");
    this.#waiting = [];
    if (place === undefined || text === "") {
      this.#size = 0;
      return;
    }
    const bytes = encodeText(text);
    const state = { written: 0 };
    try {
      await this.#append(place, bytes, state);
    } catch (error) {
      this.#putBack(bytes.subarray(endOfLastLine(bytes, state.written)), text.length);
      if (!this.#isFailing) log.warn(cannotWrite(place, error));
      this.#isFailing = true;
      return;
    }
    this.#size -= text.length;
    if (this.#isFailing) log.info("Usage is written again");
    this.#isFailing = false;
    this.#tellLost(this.#dropped);
    this.#dropped = 0;
    await this.#prune(place);
  }

  async #append(
    { directory }: JournalPlace,
    bytes: Uint8Array,
    state: { written: number },
  ): Promise<void> {
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, fileNameAt(this.#options.now()));
    using file = await Deno.open(path, { read: true, append: true, create: true, mode: 0o600 });
    // A process that was killed, or a full disk, may have left half a line. If it only looks so because
    // another process is writing, an empty line comes of it, which is none.
    if (await endsInLine(file)) await file.write(Uint8Array.of(NEWLINE));
    while (state.written < bytes.length) {
      state.written += await file.write(bytes.subarray(state.written));
    }
  }

  /** Lines that could not be written, of `tried` units, come before those that came meanwhile. */
  #putBack(bytes: Uint8Array, tried: number): void {
    const lines = new TextDecoder().decode(bytes);
    this.#waiting.unshift(lines);
    this.#size += lines.length - tried;
  }

  #tellLost(requests: number): void {
    if (requests > 0) log.warn("The usage of some requests was not written", { requests });
  }

  async #prune({ directory, keepMs }: JournalPlace): Promise<void> {
    const now = this.#options.now();
    if (now - this.#prunedAt < DAY_MS) return;
    this.#prunedAt = now;
    try {
      await pruneFiles(directory, now - keepMs);
    } catch (error) {
      log.warn(`Cannot remove old usage files in ${directory}`, { error });
    }
  }
}

function cannotWrite({ directory }: JournalPlace, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `Cannot write usage to ${directory}: ${reason}. Requests are served all the same; make it ` +
    "writable, or name another place in 'usage.path', or set 'usage.enabled: false'";
}

/** True if the file has bytes behind its last line break. */
async function endsInLine(file: Deno.FsFile): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  await file.seek(size - 1, Deno.SeekMode.Start);
  const last = new Uint8Array(1);
  return await file.read(last) === 1 && last[0] !== NEWLINE;
}

/** Where the last whole line ends within the first bytes. */
function endOfLastLine(bytes: Uint8Array, length: number): number {
  return length === 0 ? 0 : bytes.lastIndexOf(NEWLINE, length - 1) + 1;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
