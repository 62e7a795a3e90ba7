import type { ProcessRight } from "../target.ts";

/** Where a command writes; replaced in tests. */
export interface CommandIo {
  /** A result, to stdout. */
  readonly out: (text: string) => void;
  /** A message for people, to stderr. */
  readonly err: (text: string) => void;
  /** A line on stderr that the next one replaces; undefined where stderr is no terminal. */
  readonly progress?: ((text: string) => void) | undefined;
  /** Gives up rights of the process, for good. */
  readonly giveUp?: (rights: readonly ProcessRight[]) => void;
}

/** The process's own stdout and stderr; every call adds a line break. */
export const processIo: CommandIo = {
  out: (text) => writeLine(Deno.stdout, text),
  err: (text) => writeLine(Deno.stderr, text),
  progress: Deno.stderr.isTerminal() ? replaceLine : undefined,
  giveUp: (rights) => {
    for (const name of rights) Deno.permissions.revokeSync({ name });
  },
};

/** Goes to the beginning of the line, and clears it. */
function replaceLine(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[2K${text}`));
}

/** Synchronous, so that nothing is lost when the process ends. */
function writeLine(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text.endsWith("\n") ? text : text + "\n");
  try {
    for (let sent = 0; sent < bytes.length;) sent += stream.writeSync(bytes.subarray(sent));
  } catch (error) {
    // `switchyard schema | head` closes the pipe early, which is fine.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
