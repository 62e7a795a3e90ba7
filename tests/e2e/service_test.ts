import { assertEquals, assertStringIncludes } from "@std/assert";
import { plainConfig, temporaryFolder } from "../support/config.ts";
import { runProgram } from "../support/server_program.ts";

const ignore = Deno.build.os !== "linux";

Deno.test("service runs the systemctl on the PATH, in a private tree", { ignore }, async () => {
  await using folder = await temporaryFolder({ "proxy.yaml": plainConfig() });
  const calls = `${folder.path}/calls`;
  await Deno.mkdir(`${folder.path}/bin`);
  await Deno.writeTextFile(
    `${folder.path}/bin/systemctl`,
    `#!/bin/sh\necho "$@" >> '${calls}'\n`,
    { mode: 0o755 },
  );
  const env = {
    HOME: folder.path,
    XDG_CONFIG_HOME: `${folder.path}/xdg`,
    PATH: `${folder.path}/bin:${Deno.env.get("PATH")}`,
  };
  const run = (...args: string[]) => runProgram(["service", ...args], { cwd: folder.path, env });
  const unit = `${folder.path}/xdg/systemd/user/switchyard.service`;

  const printed = await run("print");
  assertEquals(printed.code, 0, printed.err);
  assertStringIncludes(printed.out, "Type=notify\n");
  const installed = await run("install");
  assertEquals(installed.code, 0, installed.err);
  assertEquals(await Deno.readTextFile(unit), printed.out);
  assertEquals((await run("install")).code, 0);
  assertEquals((await run("uninstall")).code, 0);
  const lines = (await Deno.readTextFile(calls)).split("\n").filter((line) => line !== "--version");
  assertEquals(lines, [
    ...["--user daemon-reload", "--user enable --now switchyard.service"],
    ...["--user daemon-reload", "--user enable --now switchyard.service"],
    ...["--user disable --now switchyard.service", "--user daemon-reload", ""],
  ]);
  assertEquals([...Deno.readDirSync(unit.replace(/[^/]+$/, ""))].length, 0);
});

Deno.test("service without systemctl says so and nothing else", { ignore }, async () => {
  await using folder = await temporaryFolder({ "proxy.yaml": plainConfig() });
  const env = { HOME: folder.path, XDG_CONFIG_HOME: `${folder.path}/xdg`, PATH: folder.path };
  const { code, out, err } = await runProgram(["service", "install"], { cwd: folder.path, env });
  assertEquals([code, out], [1, ""]);
  assertEquals(err.startsWith("Cannot find 'systemctl'"), true, err);
});
