import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../../../deno.json" with { type: "json" };

/** What a program that was run left behind. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The machine that a service is for; replaced in tests. */
export interface ServiceHost {
  readonly os: typeof Deno.build.os;
  readonly env: (name: string) => string | undefined;
  /** The command that runs this program. */
  readonly program: () => readonly string[];
  /** Runs a program to its end; undefined if there is none of that name. */
  readonly run: (name: string, args: readonly string[]) => Promise<ProgramResult | undefined>;
  /** Settles after that time. */
  readonly pause: (ms: number) => Promise<void>;
}

/** This machine. */
export const THIS_HOST: ServiceHost = {
  os: Deno.build.os,
  env: (name) => Deno.env.get(name),
  program: () => Deno.build.standalone ? [stablePath(Deno.execPath())] : fromSource(),
  run,
  pause: (ms) => new Promise((done) => setTimeout(done, ms)),
};

async function run(name: string, args: readonly string[]): Promise<ProgramResult | undefined> {
  try {
    const command = new Deno.Command(name, { args: [...args], stdin: "null" });
    const { code, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * The path on `$PATH` that leads to the executable, or its own: package managers keep versions in
 * folders of their own, and an upgrade only moves the link.
 */
export function stablePath(executable: string, path = Deno.env.get("PATH") ?? ""): string {
  const name = executable.slice(executable.lastIndexOf("/") + 1);
  const places = path.split(delimiter).filter((folder) => folder !== "").map((folder) =>
    resolve(join(folder, name))
  );
  const real = realPath(executable);
  return places.find((place) => real !== undefined && realPath(place) === real) ?? executable;
}

/** The same rights as `deno task start` gives. */
function fromSource(): readonly string[] {
  const flags = manifest.tasks.start.split(" ").slice(1, -1);
  return [Deno.execPath(), ...flags, fileURLToPath(Deno.mainModule)];
}

function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    return undefined;
  }
}
