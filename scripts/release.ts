/**
 * Builds what a release consists of into dist/release: an archive for each platform, SHA256SUMS,
 * the bill of materials, install.sh and the Homebrew formula.
 *
 *     deno task release -- --target x86_64-unknown-linux-gnu --releases https://…/releases
 *
 * Without `--target` all platforms are built. What could not be built is said at the end, and the
 * exit code is 1; the rest is there all the same. The time stamps come from SOURCE_DATE_EPOCH.
 */
import { parseArgs } from "node:util";
import manifest from "../deno.json" with { type: "json" };
import { archiveName, executableName, HEADER_BYTES, readTarget, TARGETS } from "./platforms.ts";
import { fillFormula, fillInstaller, formatSums, sha256 } from "./release_files.ts";
import { billOfMaterials, readPackages } from "./sbom.ts";
import { say, taskArguments } from "./std_source.ts";
import { type ArchiveEntry, writeTarball } from "./tarball.ts";

const ROOT = new URL("../", import.meta.url);

/** Cleared for each release; any other folder must be empty. */
const OUTPUT = new URL("dist/release", ROOT).pathname;

/** Goes into each archive beside the program. */
const DOCUMENTS = ["LICENSE", "README.md", "proxy.example.yaml"];

interface Options {
  readonly targets: readonly string[];
  readonly output: string;
  readonly releases: string | undefined;
  readonly time: Date;
}

async function main(): Promise<number> {
  const options = readOptions(taskArguments(Deno.args));
  if (typeof options === "string") {
    say(options);
    return 2;
  }
  const { targets, output, time } = options;
  if (output === OUTPUT) await Deno.remove(output, { recursive: true }).catch(() => {});
  await Deno.mkdir(output, { recursive: true });
  if ((await Array.fromAsync(Deno.readDir(output))).length > 0) {
    say(`${output} is not empty`);
    return 2;
  }
  const problems: string[] = [];
  for (const target of targets) {
    say(`building ${archiveName(target)}`);
    const problem = await buildArchive(target, options);
    if (problem !== undefined) problems.push(`could not build for ${target}: ${problem}`);
  }
  const { name, version, license } = product();
  const denoVersion = Deno.version.deno;
  const bill = billOfMaterials(
    { name, version, license, denoVersion, time },
    await readPackages(),
  );
  await Deno.writeTextFile(`${output}/switchyard.cdx.json`, `${JSON.stringify(bill, null, 2)}\n`);
  problems.push(...await writeInstallers(options));
  await Deno.writeTextFile(`${output}/SHA256SUMS`, formatSums(await readSums(output)));
  for (const problem of problems) say(problem);
  return problems.length > 0 ? 1 : 0;
}

function readOptions(args: string[]): Options | string {
  const { values } = parseArgs({
    args,
    options: {
      target: { type: "string", multiple: true },
      output: { type: "string", default: OUTPUT },
      releases: { type: "string", default: Deno.env.get("SWITCHYARD_RELEASES") },
    },
  });
  const targets = values.target ?? TARGETS;
  const unknown = targets.find((target) => !TARGETS.includes(target));
  if (unknown !== undefined) return `there is no target ${unknown}; known: ${TARGETS.join(", ")}`;
  const epoch = Deno.env.get("SOURCE_DATE_EPOCH");
  const time = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000);
  return { targets, output: values.output, releases: values.releases, time };
}

function product(): { readonly name: string; readonly version: string; readonly license: string } {
  const { version, license } = manifest;
  return { name: "switchyard", version, license };
}

/** Compiles for one platform and packs it; why not, if it cannot be done. */
async function buildArchive(target: string, options: Options): Promise<string | undefined> {
  if (Deno.env.has("DENORT_BIN") && target !== Deno.build.target) {
    // Deno would take it for the base of every platform, and fail in ways that explain nothing.
    return `DENORT_BIN is the base binary of ${Deno.build.target} only`;
  }
  const directory = await Deno.makeTempDir({ prefix: "switchyard_release_" });
  try {
    const program = `${directory}/${executableName(target)}`;
    const failure = await compile(target, program);
    if (failure !== undefined) return failure;
    const bytes = await Deno.readFile(program);
    const built = readTarget(bytes.subarray(0, HEADER_BYTES));
    if (built !== target) return `the program is one for ${built ?? "no platform"}`;
    const folder = `switchyard-${target}`;
    const documents = await Promise.all(DOCUMENTS.map(async (path): Promise<ArchiveEntry> => ({
      path: `${folder}/${path}`,
      bytes: await Deno.readFile(new URL(path, ROOT)),
    })));
    const entries = [
      { path: `${folder}/${executableName(target)}`, bytes, executable: true },
      ...documents,
    ];
    await writeTarball(`${options.output}/${archiveName(target)}`, entries, options.time);
    return undefined;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Runs scripts/compile.ts; what it said, if it failed. */
async function compile(target: string, output: string): Promise<string | undefined> {
  const script = new URL("compile.ts", import.meta.url).pathname;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "--allow-all", script, "--target", target, "--output", output],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return undefined;
  const text = new TextDecoder().decode(stderr);
  const [, reason = text] = /^error: (.*?)(?:^Stack backtrace|$(?![^]))/ms.exec(text) ?? [];
  return reason.replaceAll(/\s+/g, " ").trim();
}

/** Writes install.sh and the formula; what could not be written. */
async function writeInstallers({ output, releases }: Options): Promise<string[]> {
  if (releases === undefined) {
    return ["could not write install.sh and switchyard.rb: --releases must say where they look"];
  }
  const installer = await Deno.readTextFile(new URL("install.sh", ROOT));
  await Deno.writeTextFile(`${output}/install.sh`, fillInstaller(installer, releases));
  const formula = await Deno.readTextFile(new URL("packaging/homebrew/switchyard.rb", ROOT));
  const published = { version: manifest.version, releases, sums: await readSums(output) };
  try {
    await Deno.writeTextFile(`${output}/switchyard.rb`, fillFormula(formula, published));
  } catch (error) {
    return [`could not write switchyard.rb: ${error instanceof Error ? error.message : error}`];
  }
  return [];
}

async function readSums(folder: string): Promise<ReadonlyMap<string, string>> {
  const sums = new Map<string, string>();
  for await (const { name } of Deno.readDir(folder)) {
    sums.set(name, await sha256(await Deno.readFile(`${folder}/${name}`)));
  }
  return sums;
}

Deno.exit(await main());
