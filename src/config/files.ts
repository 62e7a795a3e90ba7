import { dirname, resolve } from "node:path";
import { ConfigError, type ConfigProblem } from "../errors.ts";
import type { Config } from "./config.ts";
import { evaluateConfig, type Evaluation } from "./load.ts";
import type { Overrides } from "./source.ts";
import type { Sources } from "./substitute.ts";
import { readUsageSettings } from "./usage_settings.ts";

/** Far above any real config, far below what would stall the server. */
const MAX_FILE_BYTES = 1024 * 1024;

/** What came of a config file; `hash` is undefined if it could not be read at all. */
export interface FileEvaluation extends Omit<Evaluation, "hash"> {
  readonly hash: string | undefined;
}

/** Reads a config file, with the environment and the files it names; problems are collected. */
export async function evaluateConfigFile(
  file: string,
  overrides: Overrides = {},
): Promise<FileEvaluation> {
  let text: string;
  try {
    text = readText(file, "the config file");
  } catch (error) {
    return { config: undefined, problems: [wholeFile(error)], hash: undefined, files: [] };
  }
  const evaluation = await evaluateConfig(text, sourcesOf(file), overrides);
  const folder = dirname(resolve(file));
  return { ...evaluation, files: evaluation.files.map((path) => resolve(folder, path)) };
}

/** The environment, and files relative to the config file. */
function sourcesOf(file: string): Sources {
  const folder = dirname(resolve(file));
  return {
    env: (name) => Deno.env.get(name),
    file: (path) => readText(resolve(folder, path), `'${path}'`),
  };
}

/** Reads what of a config file concerns usage; see {@link readUsageSettings}. */
export function readUsageSettingsFile(file: string): ReturnType<typeof readUsageSettings> {
  try {
    return readUsageSettings(readText(file, "the config file"), sourcesOf(file));
  } catch (error) {
    return { settings: undefined, problems: [wholeFile(error)] };
  }
}

/**
 * Loads a config file; `file` appears in messages as it is given.
 *
 * @throws {ConfigError} If anything is wrong, with every problem and its place.
 */
export async function loadConfigFile(file: string, overrides: Overrides = {}): Promise<Config> {
  const { config, problems } = await evaluateConfigFile(file, overrides);
  if (config === undefined) throw new ConfigError(file, problems);
  return config;
}

/** Reads a small UTF-8 text file; throws an Error that says what is wrong and what to do. */
function readText(path: string, name: string): string {
  const bytes = readBytes(path, name);
  if (bytes.length > MAX_FILE_BYTES) {
    throw new Error(`cannot read ${name}: it is larger than 1 MiB, so it is not what it should be`);
  }
  if (bytes.includes(0)) {
    throw new Error(`cannot read ${name}: it holds NUL bytes; save it as UTF-8 text`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error(`cannot read ${name}: it is not UTF-8; save it as UTF-8 text`, { cause });
  }
}

/** Synchronous, as substitution is; the files are small. Reads one byte more than is allowed. */
function readBytes(path: string, name: string): Uint8Array<ArrayBuffer> {
  try {
    if (Deno.statSync(path).isDirectory) throw new Error("it is a directory; name a file in it");
    using file = Deno.openSync(path);
    const bytes = new Uint8Array(MAX_FILE_BYTES + 1);
    let length = 0;
    for (let read; (read = file.readSync(bytes.subarray(length))) !== null && read > 0;) {
      length += read;
    }
    return bytes.slice(0, length);
  } catch (cause) {
    throw new Error(`cannot read ${name}: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "permission denied; make it readable for the user who runs this";
  }
  return error instanceof Error ? error.message : String(error);
}

function wholeFile(error: unknown): ConfigProblem {
  const message = error instanceof Error ? error.message : String(error);
  return { line: 0, column: 0, path: "", message };
}
