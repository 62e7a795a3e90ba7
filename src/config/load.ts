import { ConfigError, type ConfigProblem } from "../errors.ts";
import type { Config } from "./config.ts";
import { crossCheck } from "./cross_check.ts";
import { parseConfigDocument } from "./document.ts";
import { resolveConfig } from "./resolve.ts";
import type { ConfigSource, Overrides } from "./source.ts";
import type { Sources } from "./substitute.ts";
import { validate } from "./validate.ts";

/** What came of a config text. */
export interface Evaluation {
  /** Undefined if there are problems. */
  readonly config: Config | undefined;
  /** In the order they stand in the file. */
  readonly problems: readonly ConfigProblem[];
  /** First 12 hex digits of the SHA-256 over the text and every value it pulled in. */
  readonly hash: string;
  /** Paths that the text names in `${file:…}`, as `Sources.file` got them. */
  readonly files: readonly string[];
}

/** Takes a config text through the whole pipeline; problems are collected, not thrown. */
export async function evaluateConfig(
  text: string,
  sources: Sources,
  overrides: Overrides = {},
): Promise<Evaluation> {
  const recorder = new Recorder(sources);
  const document = parseConfigDocument(text, recorder);
  const problems = [...document.problems];
  const raw = document.broken ? undefined : validate(document, recorder);
  if (raw) problems.push(...raw.problems, ...crossCheck(document, overrides));
  // Behind the validation, which may ask for what surrounds the config.
  const hash = await digest([text, ...recorder.values]);
  const files = recorder.files;
  if (raw?.value !== undefined && problems.length === 0) {
    const source = { text, env: recorder.variables, files: recorder.contents, overrides };
    const config = resolveConfig(raw.value, { document, source, hash });
    return { config, problems, hash, files };
  }
  problems.sort((one, other) => one.line - other.line || one.column - other.column);
  return { config: undefined, problems, hash, files };
}

/**
 * Loads a config text into a config.
 *
 * @throws {ConfigError} If anything is wrong, with every problem and its place.
 */
export async function loadConfig(
  file: string,
  text: string,
  sources: Sources,
  overrides: Overrides = {},
): Promise<Config> {
  const { config, problems } = await evaluateConfig(text, sources, overrides);
  if (config === undefined) throw new ConfigError(file, problems);
  return config;
}

/** Makes a config once more, of what it was made of. */
export async function reloadConfig({ text, env, files, overrides }: ConfigSource): Promise<Config> {
  const sources: Sources = {
    env: (name) => env.get(name),
    file: (path) => files.get(path) ?? "",
  };
  return await loadConfig("config", text, sources, overrides);
}

/** Remembers what was pulled in, for the hash, the watcher and other threads. */
class Recorder implements Sources {
  readonly values: string[] = [];
  readonly variables = new Map<string, string | undefined>();
  readonly contents = new Map<string, string>();
  readonly #files = new Set<string>();
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  get files(): readonly string[] {
    return [...this.#files];
  }

  readonly env = (name: string): string | undefined => {
    const value = this.#sources.env(name);
    this.variables.set(name, value);
    this.values.push(`env ${name}=${value ?? ""}`);
    return value;
  };

  readonly file = (path: string): string => {
    this.#files.add(path);
    try {
      const text = this.#sources.file(path);
      this.contents.set(path, text);
      this.values.push(`file ${path}=${text}`);
      return text;
    } catch (error) {
      this.values.push(`file ${path} failed`);
      throw error;
    }
  };
}

async function digest(parts: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex().slice(0, 12);
}
