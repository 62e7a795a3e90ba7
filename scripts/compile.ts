/**
 * Builds the program as one executable, dist/switchyard; the arguments go to `deno compile`.
 *
 * A `DENORT_BIN` in the environment names the base binary where it cannot be downloaded.
 */
import { taskArguments } from "./std_source.ts";

// The program gives up its right to write as soon as it serves; only some subcommands need it.
const PERMISSIONS = ["--no-prompt", "--allow-net", "--allow-env", "--allow-read", "--allow-write"];

async function main(): Promise<number> {
  const extra = taskArguments(Deno.args);
  const namesOutput = extra.some((arg) => /^(-o|--output)(=|$)/.test(arg));
  const output = namesOutput ? [] : ["--output", "dist/switchyard"];
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      "compile",
      ...PERMISSIONS,
      "--include",
      "proxy.example.yaml",
      ...output,
      ...extra,
      "main.ts",
    ],
    cwd: new URL("../", import.meta.url),
    stdin: "null",
  }).spawn().status;
  return code;
}

Deno.exit(await main());
