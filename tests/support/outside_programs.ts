/** What a program of the machine said. */
export interface ProgramOutcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Where and with what a program runs. */
export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment; that of the tests by default. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end. */
export async function runTool(
  command: string,
  args: readonly string[],
  { cwd, env }: RunOptions = {},
): Promise<ProgramOutcome> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env: { ...env }, clearEnv: true }),
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/**
 * True for a machine without a program that a test needs, with one line that says so; for `ignore`
 * of a test.
 */
export function lacks(program: string): boolean {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  if (folders.some((folder) => isFile(`${folder}/${program}`))) return false;
  Deno.stderr.writeSync(new TextEncoder().encode(`skipped: there is no ${program}\n`));
  return true;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
