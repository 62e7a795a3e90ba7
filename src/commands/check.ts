import type { Config } from "../config/config.ts";
import { evaluateConfigFile } from "../config/files.ts";
import { type ConfigProblem, formatProblem } from "../errors.ts";
import type { Target } from "../target.ts";
import { countOf, locateConfig } from "./config_file.ts";
import { hintsFor } from "./hints.ts";
import type { CommandIo } from "./io.ts";

/** Options of `switchyard check`. */
export interface CheckOptions {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Loads the config as `serve` would and prints its targets, or every problem; the exit code. */
export async function check(options: CheckOptions, io: CommandIo): Promise<number> {
  const located = locateConfig(options.config);
  if (located.file === undefined) {
    if (options.json) {
      const problem = { line: 0, column: 0, path: "", message: located.message };
      io.out(toJson("", undefined, [problem]));
    } else {
      io.err(located.message);
    }
    return 1;
  }
  const { file } = located;
  const { config, problems } = await evaluateConfigFile(file);
  if (options.json) {
    io.out(toJson(file, config, problems));
  } else if (config === undefined) {
    for (const problem of problems) io.out(formatProblem(file, problem));
    io.err(`${file}: ${countOf(problems.length, "problem")}`);
  } else {
    io.out(toTable([...config.targets.values()]));
    for (const hint of hintsFor([...config.targets.values()])) io.err(`${file}: hint: ${hint}`);
    io.err(`${file}: ${countOf(config.targets.size, "target")}, no problem`);
  }
  return config === undefined ? 1 : 0;
}

function toJson(
  file: string,
  config: Config | undefined,
  problems: readonly ConfigProblem[],
): string {
  const targets = [...config?.targets.values() ?? []].map((target) => ({
    name: target.name,
    api_mode: target.mode,
    base_url: target.baseUrl,
    model: target.model ?? null,
    provider: target.provider,
    fallback: target.fallback,
  }));
  const hints = hintsFor([...config?.targets.values() ?? []]);
  return JSON.stringify({ ok: config !== undefined, file, targets, problems, hints }, null, 2);
}

function toTable(targets: readonly Target[]): string {
  const rows = targets.map(({ name, mode, provider, model, baseUrl }) => [
    name,
    mode,
    provider,
    model ?? "(the client's)",
    baseUrl,
  ]);
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd())
    .join("\n");
}
