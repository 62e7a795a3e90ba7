import { PATIENCE_MS, soon } from "./server_wait.ts";

const MAIN = new URL("../../main.ts", import.meta.url);

/** Those of `deno task start`. */
const PERMISSIONS = ["--allow-net", "--allow-env", "--allow-read", "--allow-write"];

/** What a finished program left behind. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The program's command line: the binary that `SWITCHYARD_BINARY` names, or its source. */
function commandOf(args: readonly string[]): { command: string; args: string[] } {
  const binary = Deno.env.get("SWITCHYARD_BINARY");
  if (binary) return { command: binary, args: [...args] };
  const flags = ["run", "--no-check", "--no-prompt", ...PERMISSIONS, MAIN.href];
  return { command: Deno.execPath(), args: [...flags, ...args] };
}

/** Runs a command of the program to its end. */
export async function runProgram(
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<Outcome> {
  const { command, args: all } = commandOf(args);
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: all,
    stdin: "null",
    env,
    ...(cwd === undefined ? {} : { cwd }),
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** What a server gets besides its arguments. */
export interface ProgramOptions {
  /** Variables on top of those of the tests. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The program as a server on a free port. */
export class RunningProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #listening = Promise.withResolvers<string>();
  /** What it wrote to stderr so far. */
  log = "";
  url = "";

  private constructor(args: readonly string[], { env = {} }: ProgramOptions) {
    const { command, args: all } = commandOf([
      ...args,
      ...["--port", "0", "--log-format", "json"],
    ]);
    this.#child = new Deno.Command(command, {
      args: all,
      env: { ...env },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#reading = this.#read();
  }

  static async start(...all: readonly (string | ProgramOptions)[]): Promise<RunningProgram> {
    const args = all.filter((one) => typeof one === "string");
    const program = new RunningProgram(args, all.find((one) => typeof one === "object") ?? {});
    program.url = await soon(program.#listening.promise, "the program listens", 6 * PATIENCE_MS);
    return program;
  }

  /** Memory that the process holds, in bytes; Linux only. */
  async memory(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.#child.pid}/status`);
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** The exit code, once it has ended. */
  async end(): Promise<number> {
    const { code } = await soon(this.#child.status, "the program ends");
    await this.#reading;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.end();
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.log += text;
      const [url] = /http:\/\/[\d.:]+(?=")/.exec(this.log) ?? [];
      if (url !== undefined) this.#listening.resolve(url);
    }
    this.#listening.reject(new Error(`the program ended: ${this.log}`));
  }
}
