import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runCli } from "../src/cli.ts";
import { VERSION } from "../src/version.ts";
import { RecordedIo } from "./support/command_io.ts";
import { plainConfig, temporaryFolder } from "./support/config.ts";

const COMMANDS = [
  "serve",
  "check",
  "init",
  "env",
  "doctor",
  "service",
  "schema",
  "completions",
  "usage",
];

async function run(...args: string[]) {
  const io = new RecordedIo();
  return { code: await runCli(args, io), io };
}

Deno.test("runCli() lists the commands in its help, on stdout", async () => {
  const { code, io } = await run("--help");
  assertEquals([code, io.stderr], [0, ""]);
  for (const command of COMMANDS) assertMatch(io.stdout, new RegExp(`^ +${command} `, "m"));
});

for (const command of COMMANDS) {
  Deno.test(`runCli() helps with ${command}`, async () => {
    for (const args of [[command, "--help"], [command, "-h"], ["help", command]]) {
      const { code, io } = await run(...args);
      assertEquals([code, io.stderr], [0, ""]);
      assertStringIncludes(io.stdout, `Usage: switchyard ${command}`);
    }
  });

  Deno.test(`runCli() tells the version of ${command}`, async () => {
    const { code, io } = await run(command, "--version");
    assertEquals([code, io.stdout.trim(), io.stderr], [0, VERSION, ""]);
  });
}

Deno.test("runCli() tells its version", async () => {
  for (const flag of ["--version", "-V"]) {
    const { code, io } = await run(flag);
    assertEquals([code, io.stdout.trim(), io.stderr], [0, VERSION, ""]);
  }
});

Deno.test("runCli() skips a separator in front", async () => {
  assertEquals((await run("--", "--version")).io.stdout.trim(), VERSION);
});

const WRONG_USAGE: { args: string[]; want: string }[] = [
  { args: ["sevre"], want: "there is no command 'sevre'; known are serve, check" },
  { args: ["serve", "extra"], want: "too many arguments" },
  { args: ["--prot", "1"], want: "unknown option '--prot'" },
  { args: ["--port", "x"], want: "argument 'x' is invalid" },
  { args: ["--port", "65536"], want: "argument '65536' is invalid" },
  { args: ["--port", "-1"], want: "'-1'" },
  { args: ["--port"], want: "argument missing" },
  { args: ["--log-level", "loud"], want: "Allowed choices are debug, info, warn, error" },
  { args: ["--log-format", "xml"], want: "Allowed choices are text, json" },
  { args: ["check", "--josn"], want: "unknown option '--josn'" },
  { args: ["check", "extra"], want: "too many arguments" },
  { args: ["env"], want: "missing required argument 'target'" },
  { args: ["env", "a", "--shell", "cmd"], want: "Allowed choices are sh, fish, powershell" },
  { args: ["doctor"], want: "missing required argument 'target'" },
  { args: ["doctor", "a", "--timeout", "0s"], want: "It must be a duration such as 90s or 2m" },
  { args: ["doctor", "a", "--key", "0"], want: "It must be a number from 1" },
  { args: ["init", "a", "b"], want: "too many arguments" },
];

for (const { args, want } of WRONG_USAGE) {
  Deno.test(`runCli() refuses '${args.join(" ")}' as wrong usage`, async () => {
    const { code, io } = await run(...args);
    assertEquals([code, io.stdout], [2, ""]);
    assertStringIncludes(io.stderr, want);
  });
}

Deno.test("runCli() runs check, env, init and schema", async () => {
  await using folder = await temporaryFolder({ "good.yaml": plainConfig("fast"), "bad.yaml": "1" });
  const path = (name: string) => `${folder.path}/${name}`;
  assertEquals((await run("check", "--config", path("good.yaml"))).code, 0);
  assertEquals((await run("check", "-c", path("bad.yaml"), "--json")).code, 1);
  const { code, io } = await run("env", "fast", "-c", path("good.yaml"), "--shell", "fish");
  assertEquals(code, 0);
  assertStringIncludes(io.stdout, "set -gx ANTHROPIC_BASE_URL 'http://127.0.0.1:8787/fast';");
  assertEquals((await run("init", path("new.yaml"))).code, 0);
  assertEquals((await run("init", path("new.yaml"))).code, 1);
  assertEquals((await run("check", "-c", path("new.yaml"))).code, 0);
  assertEquals((await run("schema")).code, 0);
});

Deno.test("runCli() runs doctor with its options", async () => {
  const options = ["--demo", "--only", "text, stream", "--timeout", "30s", "--json"];
  const { code, io } = await run("doctor", "demo-messages", ...options);
  assertEquals([code, JSON.parse(io.stdout).counts.pass], [0, 2]);
  assertEquals((await run("doctor", "demo-chat", "--demo", "--only", "x")).code, 2);
});

Deno.test("runCli() explains why serve cannot start", async () => {
  await using folder = await temporaryFolder({ "bad.yaml": "listen: {prot: 1}\ntargets: {}\n" });
  const file = `${folder.path}/bad.yaml`;
  const { code, io } = await run("--config", file);
  assertEquals([code, io.stdout], [1, ""]);
  assertStringIncludes(io.stderr, `${file}:1:10 listen.prot: unknown key; did you mean 'port'?`);
  assertStringIncludes(io.stderr, `Cannot start: ${file} has 2 problems`);
});
