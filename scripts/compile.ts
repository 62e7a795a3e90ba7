/**
 * Builds the program as one executable, dist/switchyard; the arguments go to `deno compile`.
 *
 * The modules are bundled first: a few files load faster than 400, and of the npm packages only
 * what is imported gets in. Measured on Deno 2.7.11: half the time until `/healthz` answers, and
 * 40 MB less RSS.
 *
 * A `DENORT_BIN` in the environment names the base binary where it cannot be downloaded.
 */
import { taskArguments } from "./std_source.ts";

const ROOT = new URL("../", import.meta.url);
const EXAMPLE = "proxy.example.yaml";

// A server gives up its rights to run programs and to write before it serves, unless its usage file, a
// target or a service manager that waits for news needs them (see SECURITY.md); other subcommands
// use them. Deno cannot narrow a right to one directory once the program runs but for a thread of
// its own, which costs 25 ms of the start and 19 MB (measured, Deno 2.7.11).
const PERMISSIONS = [
  "--no-prompt",
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-run",
  "--allow-sys=osUptime,osRelease,homedir",
];

async function main(): Promise<number> {
  const extra = taskArguments(Deno.args);
  const namesOutput = extra.some((arg) => /^(-o|--output)(=|$)/.test(arg));
  const output = namesOutput ? [] : ["--output", "dist/switchyard"];
  const directory = await Deno.makeTempDir({ prefix: "switchyard_compile_" });
  try {
    // Two levels deep, as src/commands is: that is where the program looks for the example from.
    const bundle = `${directory}/program/bundle`;
    // The other threads' code is bundled apart, where src/server/crew.ts looks for it: shared chunks
    // would make more files of what one thread needs.
    const bundled = await bundleInto(bundle, "main.ts") ||
      await bundleInto(`${bundle}/worker`, "src/server/worker.ts");
    if (bundled !== 0) return bundled;
    const example = `${directory}/${EXAMPLE}`;
    await Deno.copyFile(new URL(EXAMPLE, ROOT), example);
    return await deno([
      "compile",
      "--no-check",
      "--no-lock",
      "--config=deno.json",
      // Compiles every function at the first start, so that all of them are in the code cache for
      // the next ones: otherwise whatever runs after the modules are loaded is compiled each time.
      "--v8-flags=--no-lazy",
      ...PERMISSIONS,
      `--include=${example}`,
      `--include=${bundle}`,
      ...output,
      ...extra,
      `${bundle}/main.js`,
    ]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Bundles a module and all that it imports; the exit code. */
function bundleInto(directory: string, module: string): Promise<number> {
  return deno([
    "bundle",
    "--quiet",
    "--platform=deno",
    "--code-splitting",
    // A CommonJS module loses its names where a chunk imports it while the program runs, as AWS's
    // packages do: of those that have both, the one with `import` is taken.
    "--conditions=module",
    `--outdir=${directory}`,
    module,
  ]);
}

/** Runs the same Deno on the project; its exit code. */
async function deno(args: string[]): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdin: "null" });
  return (await command.spawn().status).code;
}

Deno.exit(await main());
