import type { Config } from "../../src/config/config.ts";
import { evaluateConfig, type Evaluation } from "../../src/config/load.ts";
import type { Overrides } from "../../src/config/source.ts";
import type { Sources } from "../../src/config/substitute.ts";
import { formatProblem } from "../../src/errors.ts";

/** What a test gives to `${…}`. */
export interface TestSources {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly overrides?: Overrides;
}

/** Sources made of two tables. */
export function tableSources({ env = {}, files = {} }: TestSources = {}): Sources {
  return {
    env: (name) => env[name],
    file: (path) => {
      const text = files[path];
      if (text === undefined) throw new Error(`cannot read '${path}': it does not exist`);
      return text;
    },
  };
}

/** Evaluates a config text with tables for the environment and the files. */
export function evaluate(text: string, sources: TestSources = {}): Promise<Evaluation> {
  return evaluateConfig(text, tableSources(sources), sources.overrides);
}

/** The config of a text that has no problem. */
export async function configOf(text: string, sources: TestSources = {}): Promise<Config> {
  const { config, problems } = await evaluate(text, sources);
  if (config === undefined) throw new Error(problems.map((one) => one.message).join("\n"));
  return config;
}

/** The problems of a text, one a line as `check` prints them, for a file named `f`. */
export async function problemsOf(text: string, sources: TestSources = {}): Promise<string> {
  const { problems } = await evaluate(text, sources);
  return problems.map((problem) => formatProblem("f", problem)).join("\n");
}

/** A config with one plain target of that name. */
export function plainConfig(name = "a"): string {
  return `targets:\n  ${name}:\n    api_mode: chat_completions\n    base_url: http://127.0.0.1:9\n`;
}

/** A new folder with files in it, and what removes it again. */
export async function temporaryFolder(
  files: Readonly<Record<string, string>> = {},
): Promise<{ readonly path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await Deno.makeTempDir({ prefix: "switchyard_test_" });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${path}/${name}`, text);
  }
  return {
    path,
    async [Symbol.asyncDispose](): Promise<void> {
      await Deno.remove(path, { recursive: true });
    },
  };
}
