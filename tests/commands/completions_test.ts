import { assertEquals } from "@std/assert";
import { runCli } from "../../src/cli.ts";
import { RecordedIo } from "../support/command_io.ts";
import { plainConfig, temporaryFolder } from "../support/config.ts";

async function run(...args: string[]) {
  const io = new RecordedIo();
  const code = await runCli(args, io);
  return { code, out: io.stdout, err: io.stderr };
}

Deno.test("completions prints a script for each shell, and refuses others", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, out, err } = await run("completions", shell);
    assertEquals([code, err, out.includes("switchyard")], [0, "", true]);
  }
  assertEquals((await run("completions", "cmd")).code, 2);
});

Deno.test("complete names the targets of the config that the line names", async () => {
  await using folder = await temporaryFolder({ "p.yaml": plainConfig("deepseek") });
  const config = `${folder.path}/p.yaml`;
  const { code, out } = await run("complete", "--", "env", "--config", config, "");
  assertEquals([code, out], [0, "deepseek\ttarget"]);
});

Deno.test("complete is silent about a config that cannot be read", async () => {
  const outcome = await run("complete", "--", "env", "--config", "/no/such.yaml", "");
  assertEquals(outcome, { code: 0, out: "", err: "" });
});

Deno.test("complete is no command for people", async () => {
  assertEquals((await run("--help")).out.includes("complete ["), false);
  assertEquals((await run("nonsense")).err.includes("complete,"), false);
});
