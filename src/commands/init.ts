import type { CommandIo } from "./io.ts";

/** Embedded into the compiled binary by `deno compile --include`. */
const EXAMPLE = new URL("../../proxy.example.yaml", import.meta.url);

/** The commented example config. */
export function readExample(): string {
  return Deno.readTextFileSync(EXAMPLE);
}

/** Writes the commented example where no file stands, readable by its owner only; the exit code. */
export function init(path: string, io: CommandIo): number {
  try {
    // createNew, so that nothing that appears in the meantime is overwritten either.
    Deno.writeTextFileSync(path, readExample(), { createNew: true, mode: 0o600 });
  } catch (error) {
    io.err(`Cannot write '${path}': ${reasonOf(error)}`);
    return 1;
  }
  io.err(`Wrote '${path}'. Fill in a key, then run 'switchyard check' and 'switchyard serve'.`);
  return 0;
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.AlreadyExists) {
    return "a file is there already, and it is never overwritten";
  }
  if (error instanceof Deno.errors.NotFound) return "its folder does not exist";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
