/** Where a command writes; replaced in tests. */
export interface CommandIo {
  /** A result, to stdout. */
  readonly out: (text: string) => void;
  /** A message for people, to stderr. */
  readonly err: (text: string) => void;
  /** Gives up the right to write files, for good; a server that keeps no usage needs none. */
  readonly giveUpWriting?: () => void;
}

/** The process's own stdout and stderr; every call adds a line break. */
export const processIo: CommandIo = {
  out: (text) => writeLine(Deno.stdout, text),
  err: (text) => writeLine(Deno.stderr, text),
  giveUpWriting: () => void Deno.permissions.revokeSync({ name: "write" }),
};

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
