import { basename } from "node:path";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { systemdUnit } from "../../../src/commands/service/unit.ts";
import { temporaryFolder } from "../../support/config.ts";
import { skipped } from "../../support/outside_program.ts";
import { assertFixture } from "../../support/service_fixture.ts";
import { AWKWARD_PLAN, PLAN } from "../../support/service_plan.ts";

Deno.test("systemdUnit() writes the user's unit", async () => {
  const { path, text } = systemdUnit(PLAN, "/home/ada/.config");
  assertEquals(path, "/home/ada/.config/systemd/user/switchyard.service");
  await assertFixture("systemd_user.service", text);
});

Deno.test("systemdUnit() writes the system's unit", async () => {
  const plan = {
    ...PLAN,
    system: true,
    config: "/etc/switchyard/proxy.yaml",
    envFile: "/etc/switchyard/switchyard.env",
  };
  const { path, text } = systemdUnit(plan, "/home/ada/.config");
  assertEquals(path, "/etc/systemd/system/switchyard.service");
  await assertFixture("systemd_system.service", text);
});

Deno.test("systemdUnit() escapes what systemd would expand or split", async () => {
  await assertFixture("systemd_awkward.service", systemdUnit(AWKWARD_PLAN, "/c").text);
});

const UNITS: { name: string; plan: typeof PLAN; executable: string }[] = [
  { name: "the user's", plan: PLAN, executable: "switchyard" },
  { name: "the system's", plan: { ...PLAN, system: true }, executable: "switchyard" },
  { name: "one with awkward paths", plan: AWKWARD_PLAN, executable: "my $HOME 100% ü" },
  { name: "one with quotes", plan: AWKWARD_PLAN, executable: 'it\'s "my" \\ program' },
];

for (const { name, plan, executable } of UNITS) {
  Deno.test(`systemd-analyze verify finds nothing wrong with ${name} unit`, async () => {
    await using folder = await temporaryFolder();
    // It looks for the program of ExecStart.
    const [, ...words] = plan.program;
    const path = `${folder.path}/${executable}`;
    await Deno.writeTextFile(path, "#!/bin/sh\n", { mode: 0o755 });
    const { text } = systemdUnit({ ...plan, program: [path, ...words] }, "/c");
    await Deno.writeTextFile(`${folder.path}/switchyard.service`, text);
    assertEquals(await verify(`${folder.path}/switchyard.service`), "");
  });
}

Deno.test("systemd-analyze verify would find something", async () => {
  await using folder = await temporaryFolder({
    "bad.service": "[Service]\nExecStart=/no/such\nProtectSystm=strict\n",
  });
  const said = await verify(`${folder.path}/bad.service`, "Unknown key");
  assertStringIncludes(said, "Unknown key");
});

/** What systemd says of a unit; `absent` where there is no systemd, and a line that says so. */
async function verify(path: string, absent = ""): Promise<string> {
  try {
    const { stderr } = await new Deno.Command("systemd-analyze", {
      args: ["verify", path],
      env: { SYSTEMD_LOG_LEVEL: "warning" },
    }).output();
    const lines = new TextDecoder().decode(stderr).split("\n");
    return lines.filter((line) => line.includes(basename(path))).join("\n");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    skipped("systemd-analyze", "systemd");
    return absent;
  }
}
