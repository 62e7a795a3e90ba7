/** How a child `deno` finds `@std`: through JSR, or in the stand-ins of tests/support/std. */
export interface StdSource {
  /** What to pass to `deno test` or `deno check`. */
  readonly flags: string[];
  /** One line for people, if there is anything to say. */
  readonly notice?: string;
  /** Removes the temporary files. */
  dispose(): Promise<void>;
}

const ROOT = new URL("../", import.meta.url);
const STAND_INS = new URL("tests/support/std/", ROOT);
const PROBE_TIMEOUT_MS = 3000;

/**
 * Finds out whether JSR answers and prepares the flags for either case.
 *
 * deno.lock holds the npm packages only: a lock of the JSR packages would be out of date wherever
 * the stand-ins are used, and the other way round. So the child works on a copy of it: npm
 * packages are still checked against their hashes, and the file itself never changes by a test run.
 */
export async function findStd(): Promise<StdSource> {
  const imports = await readImports();
  const directory = await Deno.makeTempDir({ prefix: "switchyard_test_" });
  const dispose = (): Promise<void> => Deno.remove(directory, { recursive: true });
  const lock = `${directory}/deno.lock`;
  await copyLock(lock);
  const flags = [`--lock=${lock}`];
  if (await answersJsr(imports)) return { flags, dispose };
  const importMap = `${directory}/import_map.json`;
  await Deno.writeTextFile(importMap, JSON.stringify({ imports: withStandIns(imports) }, null, 2));
  return {
    flags: [...flags, `--import-map=${importMap}`],
    notice: "JSR does not answer: @std comes from the stand-ins in tests/support/std",
    dispose,
  };
}

/** Writes one line for people. */
export function say(line: string): void {
  // deno-lint-ignore no-console -- the rule is for the program; a script talks to a terminal
  console.log(line);
}

/** Drops the `--` that `deno task name -- --flag` hands on. */
export function taskArguments(args: readonly string[]): string[] {
  return args[0] === "--" ? args.slice(1) : [...args];
}

async function readImports(): Promise<Record<string, string>> {
  const config: unknown = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  return (config as { imports: Record<string, string> }).imports;
}

async function copyLock(path: string): Promise<void> {
  try {
    await Deno.copyFile(new URL("deno.lock", ROOT), path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Imports the smallest module of the first JSR package in a child, the way the tests will: with
 * the same cache, proxy and certificates, and without naming a host here.
 */
async function answersJsr(imports: Record<string, string>): Promise<boolean> {
  const wish = Deno.env.get("SWITCHYARD_JSR");
  if (wish === "0" || wish === "1") return wish === "1";
  const specifier = imports["@std/assert"];
  if (!specifier?.startsWith("jsr:")) return false;
  const probe = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--no-lock", `await import("${specifier}/unreachable")`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => probe.kill("SIGKILL"), PROBE_TIMEOUT_MS);
  const { success } = await probe.status;
  clearTimeout(timer);
  return success;
}

function withStandIns(imports: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(imports).flatMap(([name, target]): [string, string][] => {
      if (name.startsWith("@std/")) return standIn(name);
      if (/^\.{0,2}\//.test(target)) {
        return [[name, new URL(target, ROOT).href]];
      }
      // In deno.json a package stands for its sub-paths too; in an import map they need a line.
      const isWholePackage = /^npm:(@[^/]+\/)?[^/]+$/.test(target);
      return isWholePackage
        ? [[name, target], [`${name}/`, `${target.replace("npm:", "npm:/")}/`]]
        : [[name, target]];
    }),
  );
}

/** `@std/testing` alone has no module, only its sub-paths. */
function standIn(name: string): [string, string][] {
  if (name === "@std/testing") return [];
  return [[name, new URL(`${name.replace("@std/", "")}.ts`, STAND_INS).href]];
}
