import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { check } from "../../src/commands/check.ts";
import { RecordedIo } from "../support/command_io.ts";
import { plainConfig, temporaryFolder } from "../support/config.ts";

const TWO = `targets:
  fast:
    api_mode: chat_completions
    base_url: https://api.deepseek.com/v1/
    api_key: sk-not-to-be-printed
    model: deepseek-chat
    fallback: [claude]
  claude:
    api_mode: anthropic_messages
    base_url: https://api.anthropic.com
`;

async function run(text: string, json = false) {
  await using folder = await temporaryFolder({ "proxy.yaml": text });
  const config = `${folder.path}/proxy.yaml`;
  const io = new RecordedIo();
  return { code: await check({ config, json }, io), io, config };
}

Deno.test("check() prints the targets of a sound file to stdout", async () => {
  const { code, io, config } = await run(TWO);
  assertEquals(code, 0);
  assertEquals(io.stdout.split("\n"), [
    "fast    chat_completions    deepseek   deepseek-chat   https://api.deepseek.com/v1",
    "claude  anthropic_messages  anthropic  (the client's)  https://api.anthropic.com",
  ]);
  assertEquals(io.stderr, `${config}: 2 targets, no problem`);
});

Deno.test("check() prints every problem with its place to stdout", async () => {
  const { code, io, config } = await run(`listen: {prot: 1}\n${plainConfig()}    modle: x\n`);
  assertEquals(code, 1);
  assertEquals(io.results, [
    `${config}:1:10 listen.prot: unknown key; did you mean 'port'?`,
    `${config}:6:5 targets.a.modle: unknown key; did you mean 'model'?`,
  ]);
  assertEquals(io.stderr, `${config}: 2 problems`);
});

Deno.test("check() prints a sound file as JSON, without keys", async () => {
  const { code, io, config } = await run(TWO, true);
  assertEquals(code, 0);
  assertEquals(JSON.parse(io.stdout), {
    ok: true,
    file: config,
    targets: [
      {
        name: "fast",
        api_mode: "chat_completions",
        base_url: "https://api.deepseek.com/v1",
        model: "deepseek-chat",
        provider: "deepseek",
        fallback: ["claude"],
      },
      {
        name: "claude",
        api_mode: "anthropic_messages",
        base_url: "https://api.anthropic.com",
        model: null,
        provider: "anthropic",
        fallback: [],
      },
    ],
    problems: [],
    hints: [],
  });
  assert(!io.stdout.includes("sk-not-to-be-printed"));
});

Deno.test("check() prints problems as JSON", async () => {
  const { code, io } = await run("targets: 1", true);
  assertEquals(code, 1);
  const { ok, targets, problems } = JSON.parse(io.stdout);
  assertEquals({ ok, targets, problems }, {
    ok: false,
    targets: [],
    problems: [{
      line: 1,
      column: 10,
      path: "targets",
      message: "expected a map, got a number",
    }],
  });
});

Deno.test("check() explains a file that is not there", async () => {
  const io = new RecordedIo();
  assertEquals(await check({ config: "/no/such/proxy.yaml" }, io), 1);
  assertStringIncludes(
    io.stdout,
    "/no/such/proxy.yaml: cannot read the config file: it does not exist",
  );
});

Deno.test("check() hints at a model that needs another mode, and finds no problem", async () => {
  const text = `targets:
  gpt:
    api_mode: chat_completions
    base_url: https://api.openai.com/v1
    model: gpt-5.6
`;
  const { code, io, config } = await run(text);
  assertEquals(code, 0);
  assertEquals(io.stderr.split("\n"), [
    `${config}: hint: target 'gpt': 'gpt-5.6' does not think in chat_completions where tools are ` +
    "offered, as Claude Code does; use 'api_mode: codex_responses'",
    `${config}: 1 target, no problem`,
  ]);
  assertEquals(JSON.parse((await run(text, true)).io.stdout).hints.length, 1);
});
