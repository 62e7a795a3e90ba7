import { assert, assertEquals } from "@std/assert";
import { parse } from "plist";
import { launchdPropertyList, logFile } from "../../../src/commands/service/property_list.ts";
import { assertFixture } from "../../support/service_fixture.ts";
import { AWKWARD_PLAN, PLAN } from "../../support/service_plan.ts";

Deno.test("launchdPropertyList() writes the user's agent", async () => {
  const { path, text } = launchdPropertyList({ ...PLAN, home: "/Users/ada" });
  assertEquals(path, "/Users/ada/Library/LaunchAgents/switchyard.plist");
  await assertFixture("launchd_agent.plist", text);
});

Deno.test("launchdPropertyList() writes the system's daemon", async () => {
  const { path, text } = launchdPropertyList({ ...PLAN, system: true });
  assertEquals(path, "/Library/LaunchDaemons/switchyard.plist");
  await assertFixture("launchd_daemon.plist", text);
});

for (const plan of [PLAN, { ...PLAN, system: true }, AWKWARD_PLAN]) {
  Deno.test(`launchdPropertyList() is read as it is meant: ${plan.config}`, () => {
    const read = parse(launchdPropertyList(plan).text) as Record<string, unknown>;
    const [shell, flag, script, zero, ...words] = read.ProgramArguments as string[];
    assertEquals([shell, flag, zero], ["/bin/sh", "-c", "sh"]);
    assert(script !== undefined && script.includes('exec "$@"'));
    assertEquals(words, [plan.envFile, ...plan.program, "serve"]);
    assertEquals(read.EnvironmentVariables, { SWITCHYARD_CONFIG: plan.config });
    assertEquals(read.KeepAlive, { SuccessfulExit: false });
    assertEquals([read.RunAtLoad, read.Umask, read.ExitTimeOut], [true, 0o077, 60]);
    assertEquals(read.StandardErrorPath, logFile(plan));
  });
}

Deno.test("the agent's shell reads the keys, and survives awkward paths", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const folder = await Deno.makeTempDir({ prefix: "switchyard_test_" });
  try {
    const envFile = `${folder}/it's "$HOME" & more.env`;
    await Deno.writeTextFile(envFile, "# keys\nFIRST=one\nSECOND='two words'\n");
    const print = 'printf "%s|" "$FIRST" "$SECOND" "$@"';
    const run = async (file: string) => {
      const { text } = launchdPropertyList({
        ...PLAN,
        envFile: file,
        program: ["/bin/sh", "-c", print, "sh", "a b"],
      });
      const [shell = "", ...args] =
        (parse(text) as { ProgramArguments: string[] }).ProgramArguments;
      const { stdout } = await new Deno.Command(shell, { args, clearEnv: true }).output();
      return new TextDecoder().decode(stdout);
    };
    assertEquals(await run(envFile), "one|two words|a b|serve|");
    assertEquals(await run(`${folder}/none.env`), "||a b|serve|");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
