import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { service, type ServiceOptions } from "../../src/commands/service.ts";
import type { ProgramResult, ServiceHost } from "../../src/commands/service/host.ts";
import { RecordedIo } from "../support/command_io.ts";
import { plainConfig, temporaryFolder } from "../support/config.ts";

const ignore = Deno.build.os === "windows";
const FINE: ProgramResult = { code: 0, stdout: "", stderr: "" };

/** What a control program answers to a command line; `FINE` where it says nothing else. */
type Answers = (line: string) => ProgramResult | undefined;

/** A machine of any kind with a private home. */
class Machine implements AsyncDisposable {
  readonly calls: string[] = [];
  readonly home: string;
  readonly #os: ServiceHost["os"];
  answers: Answers = () => FINE;

  constructor(os: ServiceHost["os"], home: string) {
    this.#os = os;
    this.home = home;
  }

  static async make(os: ServiceHost["os"]): Promise<Machine> {
    const folder = await Deno.makeTempDir({ prefix: "switchyard_test_" });
    const machine = new Machine(os, folder);
    await Deno.mkdir(`${folder}/conf dir`);
    await Deno.writeTextFile(machine.config, plainConfig());
    return machine;
  }

  get config(): string {
    return `${this.home}/conf dir/proxy.yaml`;
  }

  async run(action: ServiceOptions["action"], options: Omit<ServiceOptions, "action"> = {}) {
    const io = new RecordedIo();
    const env: Record<string, string> = { HOME: this.home, XDG_CONFIG_HOME: `${this.home}/xdg` };
    this.calls.length = 0;
    const code = await service({ action, config: this.config, ...options }, io, {
      os: this.#os,
      env: (name) => env[name],
      program: () => ["/opt/switchyard"],
      run: (name, args) => {
        const line = [name, ...args].join(" ");
        if (!line.endsWith("--version")) this.calls.push(line);
        return Promise.resolve(this.answers(line));
      },
      pause: () => Promise.resolve(),
    });
    return { code, io };
  }

  /** All files below the home. */
  files(folder = this.home): string[] {
    return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
      isDirectory ? this.files(`${folder}/${name}`) : [`${folder}/${name}`.slice(this.home.length)]
    ).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.home, { recursive: true });
  }
}

const UNIT = "/xdg/systemd/user/switchyard.service";
const PLIST = "/Library/LaunchAgents/switchyard.plist";

Deno.test(
  "service install writes and starts a unit; twice changes nothing",
  { ignore },
  async () => {
    await using machine = await Machine.make("linux");
    const first = await machine.run("install");
    assertEquals(first.code, 0, first.io.stderr);
    assertEquals(first.io.stdout, "");
    assertStringIncludes(first.io.stderr, `Wrote ${machine.home}${UNIT}`);
    assertStringIncludes(first.io.stderr, "journalctl --user --unit switchyard.service --follow");
    const calls = [
      "systemctl --user daemon-reload",
      "systemctl --user enable --now switchyard.service",
    ];
    assertEquals(machine.calls, calls);
    const text = await Deno.readTextFile(machine.home + UNIT);
    assertStringIncludes(text, `ExecStart=/opt/switchyard serve --config "${machine.config}"\n`);

    const second = await machine.run("install");
    assertEquals(second.code, 0);
    assertStringIncludes(second.io.stderr, `Unchanged: ${machine.home}${UNIT}`);
    assertEquals(machine.calls, calls);
    assertEquals(await Deno.readTextFile(machine.home + UNIT), text);
  },
);

Deno.test("service install restarts a unit that changed", { ignore }, async () => {
  await using machine = await Machine.make("linux");
  await machine.run("install");
  const keys = `${machine.home}/keys.env`;
  await Deno.writeTextFile(keys, "KEY=sk-very-secret\n", { mode: 0o600 });
  const { code, io } = await machine.run("install", { envFile: keys });
  assertEquals(code, 0);
  assertEquals(machine.calls.at(-1), "systemctl --user restart switchyard.service");
  const text = await Deno.readTextFile(machine.home + UNIT);
  assertStringIncludes(text, `EnvironmentFile=${keys}\n`);
  assert(!text.includes("sk-very-secret") && !io.stderr.includes("Warning: others"));
});

Deno.test("service install warns of keys that others may read", { ignore }, async () => {
  await using machine = await Machine.make("linux");
  const keys = `${machine.home}/keys.env`;
  await Deno.writeTextFile(keys, "", { mode: 0o644 });
  await Deno.chmod(keys, 0o644);
  const { io } = await machine.run("install", { envFile: keys });
  assertStringIncludes(io.stderr, `chmod 600 '${keys}'`);
});

const MISSING: { name: string; options: Omit<ServiceOptions, "action">; want: string }[] = [
  {
    name: "config",
    options: { config: "/no/such.yaml" },
    want: "There is no file '/no/such.yaml'",
  },
  {
    name: "env file",
    options: { envFile: "/no/such.env" },
    want: "There is no file '/no/such.env'",
  },
  { name: "usable path", options: { config: "/a\nExecStart=/b" }, want: "cannot hold the path" },
];

for (const { name, options, want } of MISSING) {
  Deno.test(`service install without a ${name} writes nothing`, { ignore }, async () => {
    await using machine = await Machine.make("linux");
    const before = machine.files();
    const { code, io } = await machine.run("install", options);
    assertEquals([code, machine.calls, machine.files()], [1, [], before]);
    assertStringIncludes(io.stderr, want);
  });
}

for (const [os, control] of [["linux", "systemctl"], ["darwin", "launchctl"]] as const) {
  Deno.test(`service explains a missing ${control}, and writes nothing`, { ignore }, async () => {
    await using machine = await Machine.make(os);
    machine.answers = () => undefined;
    const before = machine.files();
    for (const action of ["install", "uninstall", "status"] as const) {
      const { code, io } = await machine.run(action);
      assertEquals([code, io.stdout], [1, ""]);
      assertStringIncludes(io.stderr, `Cannot find '${control}'`);
    }
    assertEquals(machine.files(), before);
  });

  Deno.test(`service print touches nothing and asks nobody on ${os}`, { ignore }, async () => {
    await using machine = await Machine.make(os);
    machine.answers = () => undefined;
    const before = machine.files();
    const { code, io } = await machine.run("print");
    assertEquals([code, machine.calls, machine.files()], [0, [], before]);
    assertStringIncludes(io.stdout, "/opt/switchyard");
    assertStringIncludes(io.stderr, `Would be written to ${machine.home}`);
  });
}

Deno.test("service explains Windows, and systems without either", async () => {
  for (const [os, want] of [["windows", "schtasks /Create"], ["freebsd", "freebsd"]] as const) {
    await using machine = await Machine.make(os);
    const { code, io } = await machine.run("install");
    assertEquals([code, io.stdout], [1, ""]);
    assertStringIncludes(io.stderr, want);
  }
});

Deno.test(
  "service install says why the service did not start, and where to look",
  { ignore },
  async () => {
    await using machine = await Machine.make("linux");
    machine.answers = (line) =>
      line.includes("enable") ? { code: 1, stdout: "", stderr: "Job failed.\n" } : FINE;
    const { code, io } = await machine.run("install");
    assertEquals(code, 1);
    assertStringIncludes(
      io.stderr,
      "'systemctl --user enable --now switchyard.service' failed: Job",
    );
    assertStringIncludes(io.stderr, "journalctl --user --unit switchyard.service --lines 50");
  },
);

Deno.test("service uninstall stops and removes; twice is harmless", { ignore }, async () => {
  await using machine = await Machine.make("linux");
  const before = machine.files();
  await machine.run("install");
  const first = await machine.run("uninstall");
  assertEquals(first.code, 0);
  assertEquals(machine.calls, [
    "systemctl --user disable --now switchyard.service",
    "systemctl --user daemon-reload",
  ]);
  assertEquals(machine.files(), before);
  const second = await machine.run("uninstall");
  assertEquals([second.code, machine.calls], [0, []]);
  assertStringIncludes(second.io.stderr, "There is no service");
});

Deno.test(
  "service uninstall keeps the file of a service that does not stop",
  { ignore },
  async () => {
    await using machine = await Machine.make("linux");
    await machine.run("install");
    machine.answers = (line) =>
      line.includes("disable") ? { code: 1, stdout: "", stderr: "Access denied" } : FINE;
    const { code, io } = await machine.run("uninstall");
    assertEquals(code, 1);
    assertStringIncludes(io.stderr, "Access denied");
    assert(machine.files().includes(UNIT));
  },
);

Deno.test("service status shows what systemctl says", { ignore }, async () => {
  await using machine = await Machine.make("linux");
  machine.answers = () => ({ code: 0, stdout: "active (running)", stderr: "" });
  const running = await machine.run("status");
  assertEquals([running.code, running.io.stdout], [0, "active (running)"]);
  machine.answers = (line) =>
    line.includes("status") ? { code: 3, stdout: "inactive (dead)", stderr: "" } : FINE;
  const dead = await machine.run("status");
  assertEquals([dead.code, dead.io.stdout], [1, "inactive (dead)"]);
});

Deno.test("service --system without root says what it needs", {
  ignore: ignore || Deno.uid() === 0,
}, async () => {
  await using machine = await Machine.make("linux");
  const { code, io } = await machine.run("install", { system: true });
  assertEquals(code, 1);
  assertStringIncludes(io.stderr, "needs root");
});

Deno.test("service print --system is for the whole machine", { ignore }, async () => {
  await using machine = await Machine.make("linux");
  const { io } = await machine.run("print", { system: true, config: "/etc/switchyard/proxy.yaml" });
  assertMatch(io.stdout, /^DynamicUser=yes$/m);
  assertMatch(io.stdout, /^ExecStart=.* --config \/etc\/switchyard\/proxy.yaml$/m);
});

/** launchctl, which knows whether the agent is loaded. */
function launchctl(): { answers: Answers; lingers: number } {
  let isLoaded = false;
  const state = { lingers: 0, answers };
  function answers(line: string): ProgramResult {
    if (line.includes("print")) {
      if (!isLoaded && state.lingers-- > 0) return FINE;
      return isLoaded
        ? { code: 0, stdout: "\tstate = running\n", stderr: "" }
        : { code: 113, stdout: "", stderr: "Could not find service" };
    }
    if (line.includes("bootstrap")) isLoaded = true;
    if (line.includes("bootout")) isLoaded = false;
    return FINE;
  }
  return state;
}

Deno.test("service install loads a launchd agent; twice changes nothing", { ignore }, async () => {
  await using machine = await Machine.make("darwin");
  machine.answers = launchctl().answers;
  const domain = `gui/${Deno.statSync(machine.home).uid}`;
  const changes = () => machine.calls.filter((line) => !line.includes("print"));
  assertEquals((await machine.run("install")).code, 0);
  assertEquals(changes(), [
    `launchctl enable ${domain}/switchyard`,
    `launchctl bootstrap ${domain} ${machine.home}${PLIST}`,
  ]);
  assertEquals((await machine.run("install")).code, 0);
  assertEquals(changes(), [`launchctl enable ${domain}/switchyard`]);
  assertEquals((await machine.run("status")).code, 0);
});

Deno.test(
  "service install waits for the old agent to end before it loads the new",
  { ignore },
  async () => {
    await using machine = await Machine.make("darwin");
    const control = launchctl();
    machine.answers = control.answers;
    await machine.run("install");
    control.lingers = 3;
    await Deno.writeTextFile(machine.home + PLIST, "older");
    assertEquals((await machine.run("install")).code, 0);
    const verbs = machine.calls.map((line) => line.split(" ")[1]);
    assertEquals(verbs.slice(verbs.indexOf("bootout")), [
      ...["bootout", "print", "print", "print", "print"],
      ...["enable", "bootstrap"],
    ]);
  },
);

Deno.test("service uninstall unloads the agent and removes its file", { ignore }, async () => {
  await using machine = await Machine.make("darwin");
  machine.answers = launchctl().answers;
  const before = machine.files();
  await machine.run("install");
  assertEquals((await machine.run("uninstall")).code, 0);
  assertEquals(machine.files(), before);
  const status = await machine.run("status");
  assertEquals(status.code, 1);
  assertStringIncludes(status.io.stderr, "Could not find service");
});

Deno.test("service finds the config as serve does where none is named", { ignore }, async () => {
  await using folder = await temporaryFolder();
  const io = new RecordedIo();
  const code = await service({ action: "print" }, io, {
    os: "linux",
    env: (name) => name === "HOME" ? folder.path : undefined,
    program: () => ["/opt/switchyard"],
    run: () => Promise.resolve(undefined),
    pause: () => Promise.resolve(),
  });
  assertEquals(code, 0);
  assertMatch(io.stdout, /^ExecStart=\/opt\/switchyard serve --config \/.*proxy\.yaml$/m);
});
