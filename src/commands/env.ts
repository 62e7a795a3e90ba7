import { claudeCodeVariables, PLACEHOLDER_KEY } from "../config/claude_code.ts";
import type { Config } from "../config/config.ts";
import { evaluateConfigFile } from "../config/files.ts";
import { formatProblem } from "../errors.ts";
import { reachableHost, urlHost } from "../config/address.ts";
import { locateConfig } from "./config_file.ts";
import type { CommandIo } from "./io.ts";

/** Shells that `switchyard env` can speak. */
export const SHELLS = ["sh", "fish", "powershell"] as const;

/** One of them. */
export type Shell = (typeof SHELLS)[number];

/** Options of `switchyard env`. */
export interface EnvOptions {
  readonly target: string;
  readonly config?: string | undefined;
  readonly shell: Shell;
}

/** Prints the variables that point Claude Code at a target, for a shell to read; the exit code. */
export async function env(options: EnvOptions, io: CommandIo): Promise<number> {
  const located = locateConfig(options.config);
  if (located.file === undefined) {
    io.err(located.message);
    return 1;
  }
  const { config, problems } = await evaluateConfigFile(located.file);
  if (config === undefined) {
    for (const problem of problems) io.err(formatProblem(located.file, problem));
    return 1;
  }
  const result = variables(config, options.target);
  if (typeof result === "string") {
    io.err(result);
    return 1;
  }
  for (const [name, value] of Object.entries(result)) {
    io.out(ASSIGNMENTS[options.shell](name, value));
  }
  return 0;
}

/** The variables for a target, or why there are none. */
function variables(config: Config, name: string): Readonly<Record<string, string>> | string {
  const target = config.targets.get(name);
  if (target === undefined) {
    const known = [...config.targets.keys()].map((other) => `'${other}'`).join(", ");
    return `There is no target '${name}'; known are ${known}`;
  }
  const key = config.keys.length === 0 ? PLACEHOLDER_KEY : usableKey(config, name);
  if (key === undefined) return `No key of 'auth.keys' may use target '${name}'`;
  const { host, port } = config.listen;
  if (port === 0) return "'listen.port' is 0, so the port is known only once the server runs";
  const origin = `http://${urlHost(reachableHost(host))}:${port}`;
  return claudeCodeVariables(target, { origin, key });
}

function usableKey(config: Config, target: string): string | undefined {
  return config.keys.find(({ targets }) => targets === undefined || targets.has(target))?.key;
}

/** One assignment per shell; the value is data and never expanded. */
const ASSIGNMENTS: Readonly<Record<Shell, (name: string, value: string) => string>> = {
  sh: (name, value) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  fish: (name, value) => `set -gx ${name} '${value.replace(/[\\']/g, "\\$&")}';`,
  // PowerShell takes typographic quotes for quotes.
  powershell: (name, value) => `$env:${name} = '${value.replace(/['\u2018-\u201b]/g, "$&$&")}'`,
};
