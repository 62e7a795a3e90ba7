/** Type-checks the program, the scripts and the tests; the arguments go to `deno check`. */
import { findStd, say, taskArguments } from "./std_source.ts";

async function main(): Promise<number> {
  const std = await findStd();
  try {
    if (std.notice) say(std.notice);
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["check", ...std.flags, ...taskArguments(Deno.args), "."],
      cwd: new URL("../", import.meta.url),
      stdin: "null",
    }).spawn().status;
    return code;
  } finally {
    await std.dispose();
  }
}

Deno.exit(await main());
