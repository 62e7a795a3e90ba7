/**
 * Builds the program as one executable, dist/switchyard; the arguments go to `deno compile`.
 *
 * A `DENORT_BIN` in the environment names the base binary where it cannot be downloaded.
 */
import { taskArguments } from "./std_source.ts";

const ROOT = new URL("../", import.meta.url);
const ENTRY = "main.ts";

// The program gives up its right to write as soon as it serves; only some subcommands need it.
const PERMISSIONS = [
  "--no-prompt",
  "--allow-net",
  "--allow-env",
  "--allow-read",
  "--allow-write",
];

/** The parts of deno.lock that this script reads. */
interface Lock {
  readonly version: string;
  readonly specifiers: Record<string, string>;
  readonly npm: Record<string, unknown>;
}

/** The parts of `deno info --json` that this script reads. */
interface Graph {
  readonly modules: { readonly npmPackage?: string }[];
  readonly npmPackages: Record<string, { readonly dependencies: string[] }>;
}

async function main(): Promise<number> {
  const extra = taskArguments(Deno.args);
  const namesOutput = extra.some((arg) => /^(-o|--output)(=|$)/.test(arg));
  const output = namesOutput ? [] : ["--output", "dist/switchyard"];
  const directory = await Deno.makeTempDir({ prefix: "switchyard_compile_" });
  try {
    const lock = `${directory}/deno.lock`;
    await Deno.writeTextFile(lock, JSON.stringify(await pruneLock(), null, 2));
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [
        "compile",
        `--lock=${lock}`,
        ...PERMISSIONS,
        "--include",
        "proxy.example.yaml",
        ...output,
        ...extra,
        ENTRY,
      ],
      cwd: ROOT,
      stdin: "null",
    }).spawn().status;
    return code;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/**
 * Leaves in deno.lock what the program imports. `deno compile` embeds every npm package that the
 * lock names, those of the tests too, and those alone are more than 20 MB.
 */
async function pruneLock(): Promise<Lock> {
  const lock: Lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT)));
  const needed = reachablePackages(await readGraph());
  return {
    version: lock.version,
    specifiers: pick(
      lock.specifiers,
      (specifier, version) =>
        needed.has(`${specifier.replace(/^npm:/, "").replace(/(?<=.)@.*$/, "")}@${version}`),
    ),
    npm: pick(lock.npm, (id) => needed.has(id)),
  };
}

async function readGraph(): Promise<Graph> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ENTRY],
    cwd: ROOT,
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot compile: deno info of ${ENTRY} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function reachablePackages({ modules, npmPackages }: Graph): Set<string> {
  const found = new Set<string>();
  const queue = modules.flatMap(({ npmPackage }) => npmPackage ?? []);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    queue.push(...npmPackages[id]?.dependencies ?? []);
  }
  return found;
}

function pick<Value>(
  record: Record<string, Value>,
  isWanted: (key: string, value: Value) => boolean,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([key, value]) => isWanted(key, value)));
}

Deno.exit(await main());
