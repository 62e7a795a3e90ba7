import { dirname } from "node:path";
import type { CommandIo } from "../io.ts";
import type { ProgramResult, ServiceHost } from "./host.ts";
import type { ServiceFile } from "./plan.ts";

/** What systemd and launchd have in common. Each action tells people about it; the exit code. */
export interface ServiceManager {
  /** What the service is described by. */
  readonly file: ServiceFile;
  /** Name of the program that controls the services. */
  readonly control: string;
  /** Makes the manager run what the file describes, now and after every start of the machine. */
  start(change: FileChange): Promise<number>;
  /** Makes the manager forget the service; the file is still there. */
  stop(): Promise<number>;
  /** Called once the file is gone. */
  afterRemoval(): Promise<number>;
  status(): Promise<number>;
}

/** What writing the file changed. */
export type FileChange = "new" | "changed" | "same";

/** Where a manager acts, and where it speaks. */
export interface ManagerContext {
  readonly host: ServiceHost;
  readonly io: CommandIo;
}

/** The program that controls the services, with the words that every call of it begins with. */
export class ControlProgram {
  readonly #words: readonly [string, ...string[]];
  readonly #context: ManagerContext;

  constructor(words: readonly [string, ...string[]], context: ManagerContext) {
    this.#words = words;
    this.#context = context;
  }

  /** What it says; undefined if it is not there. */
  run(...words: readonly string[]): Promise<ProgramResult | undefined> {
    const [name, ...first] = this.#words;
    return this.#context.host.run(name, [...first, ...words]);
  }

  /** True if it went well; else it has been told why not. */
  async succeeds(...words: readonly string[]): Promise<boolean> {
    const result = await this.run(...words);
    if (result?.code === 0) return true;
    const reason = result === undefined ? "it is gone" : (result.stderr || result.stdout).trim();
    this.#context.io.err(`'${this.commandLine(...words)}' failed: ${reason}`);
    return false;
  }

  /** What a person would type. */
  commandLine(...words: readonly string[]): string {
    return [...this.#words, ...words].join(" ");
  }
}

/** Writes the file if it is not there as it should be. */
export function writeServiceFile({ path, text }: ServiceFile): FileChange {
  const old = readIfThere(path);
  if (old === text) return "same";
  Deno.mkdirSync(dirname(path), { recursive: true });
  Deno.writeTextFileSync(path, text, { mode: 0o644 });
  return old === undefined ? "new" : "changed";
}

/** The text of a file; undefined if there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
