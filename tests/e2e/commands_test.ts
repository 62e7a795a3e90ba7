import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../src/version.ts";
import { plainConfig, temporaryFolder } from "../support/config.ts";
import { runProgram } from "../support/server_program.ts";

const CASES: {
  name: string;
  args: readonly string[];
  config?: string;
  code: number;
  out?: string;
  err?: string;
}[] = [
  { name: "--version", args: ["--version"], code: 0, out: VERSION },
  { name: "--help", args: ["--help"], code: 0, out: "serve" },
  { name: "check --help", args: ["check", "--help"], code: 0, out: "--json" },
  { name: "an unknown command", args: ["sevre"], code: 2, err: "sevre" },
  { name: "an unknown option", args: ["serve", "--prot", "1"], code: 2, err: "--prot" },
  { name: "a port that is none", args: ["--port", "99999"], code: 2, err: "65535" },
  {
    name: "health where nothing listens",
    args: ["health", "--port", "1"],
    code: 1,
    err: ":1/healthz",
  },
  { name: "schema", args: ["schema"], code: 0, out: '"targets"' },
  {
    name: "check of a good file",
    args: ["check", "--config", "proxy.yaml"],
    config: plainConfig("one"),
    code: 0,
    out: "one",
  },
  {
    name: "check of a bad file",
    args: ["check", "--config", "proxy.yaml"],
    config: "targets:\n  A: { api_mode: none }\n",
    code: 1,
  },
  {
    name: "serve with a bad file",
    args: ["--config", "proxy.yaml", "--port", "0"],
    config: "targets: 5\n",
    code: 1,
    err: "proxy.yaml:1:10",
  },
  {
    name: "serve without keys on an address that others reach",
    args: ["--config", "proxy.yaml", "--host", "0.0.0.0", "--port", "0"],
    config: plainConfig(),
    code: 1,
    err: "auth.keys",
  },
  {
    name: "serve without a file",
    args: ["--config", "missing.yaml"],
    code: 1,
    err: "missing.yaml",
  },
  {
    name: "env",
    args: ["env", "one", "--config", "proxy.yaml"],
    config: plainConfig("one"),
    code: 0,
    out: "ANTHROPIC_BASE_URL",
  },
  {
    name: "env of an unknown target",
    args: ["env", "two", "--config", "proxy.yaml"],
    config: plainConfig("one"),
    code: 1,
    err: "one",
  },
];

for (const { name, args, config, code, out = "", err = "" } of CASES) {
  Deno.test(`the program ends ${name} with ${code}`, async () => {
    await using folder = await temporaryFolder(
      config === undefined ? {} : { "proxy.yaml": config },
    );
    const outcome = await runProgram(args, { cwd: folder.path });
    assertEquals(outcome.code, code, outcome.err);
    assertStringIncludes(outcome.out, out);
    assertStringIncludes(outcome.err, err);
  });
}

Deno.test("init writes an example once, and check finds nothing wrong with its form", async () => {
  await using folder = await temporaryFolder();
  const first = await runProgram(["init"], { cwd: folder.path });
  assertEquals(first.code, 0, first.err);
  const text = await Deno.readTextFile(`${folder.path}/proxy.yaml`);
  assertStringIncludes(text, "targets:");
  assertEquals((await runProgram(["init"], { cwd: folder.path })).code, 1);
  assertEquals(await Deno.readTextFile(`${folder.path}/proxy.yaml`), text);
  assert(text.length > 500);
});
