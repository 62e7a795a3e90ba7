import type { Command } from "commander";
import { findConfigFile } from "../config/find.ts";
import { targetNamesOf } from "../config/target_names.ts";
import { complete } from "./completions/candidates.ts";
import { type CompletedShell, COMPLETION_SCRIPTS } from "./completions/scripts.ts";
import type { CommandIo } from "./io.ts";

/** Prints the script that a shell completes with; the exit code. */
export function completions(shell: CompletedShell, io: CommandIo): number {
  io.out(COMPLETION_SCRIPTS[shell]);
  return 0;
}

/**
 * Prints what could stand in place of the last word for those scripts, one a line with a tab and
 * its description behind it, or `:files`; the exit code.
 */
export function printCandidates(
  program: Command,
  words: readonly string[],
  io: CommandIo,
): number {
  const completion = complete(program, words, { targets: readTargets });
  const lines = completion === "files"
    ? [":files"]
    : completion.map(({ word, description }) => `${word}\t${description}`);
  if (lines.length > 0) io.out(lines.join("\n"));
  return 0;
}

/** A file that cannot be read has no targets: a shell's line is no place for an explanation. */
function readTargets(config: string | undefined): readonly string[] {
  try {
    const { file } = findConfigFile(config);
    return file === undefined ? [] : targetNamesOf(Deno.readTextFileSync(file));
  } catch {
    return [];
  }
}
