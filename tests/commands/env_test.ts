import { assertEquals, assertStringIncludes } from "@std/assert";
import { env, type Shell } from "../../src/commands/env.ts";
import { RecordedIo } from "../support/command_io.ts";
import { plainConfig, temporaryFolder } from "../support/config.ts";

async function run(text: string, target = "a", shell: Shell = "sh") {
  await using folder = await temporaryFolder({ "proxy.yaml": text });
  const io = new RecordedIo();
  const code = await env({ config: `${folder.path}/proxy.yaml`, target, shell }, io);
  return { code, io };
}

const KEYS = `auth:
  keys:
    - {name: other, key: other-key, targets: [b]}
    - {name: mine, key: my-key, targets: [a]}
    - {name: all, key: all-key}
`;

const TWO = `${plainConfig("a")}  b:\n    api_mode: chat_completions\n    base_url: http://h\n`;

const SHELLS: { shell: Shell; want: string[] }[] = [
  {
    shell: "sh",
    want: [
      "export ANTHROPIC_BASE_URL='http://127.0.0.1:8787/a'",
      "export ANTHROPIC_AUTH_TOKEN='switchyard'",
      "export ANTHROPIC_MODEL='it'\\''s $(a) \\ model’s'",
      "export CLAUDE_CODE_MAX_OUTPUT_TOKENS='100'",
      "export CLAUDE_CODE_MAX_CONTEXT_TOKENS='2000'",
    ],
  },
  {
    shell: "fish",
    want: [
      "set -gx ANTHROPIC_BASE_URL 'http://127.0.0.1:8787/a';",
      "set -gx ANTHROPIC_AUTH_TOKEN 'switchyard';",
      "set -gx ANTHROPIC_MODEL 'it\\'s $(a) \\\\ model’s';",
      "set -gx CLAUDE_CODE_MAX_OUTPUT_TOKENS '100';",
      "set -gx CLAUDE_CODE_MAX_CONTEXT_TOKENS '2000';",
    ],
  },
  {
    shell: "powershell",
    want: [
      "$env:ANTHROPIC_BASE_URL = 'http://127.0.0.1:8787/a'",
      "$env:ANTHROPIC_AUTH_TOKEN = 'switchyard'",
      "$env:ANTHROPIC_MODEL = 'it''s $(a) \\ model’’s'",
      "$env:CLAUDE_CODE_MAX_OUTPUT_TOKENS = '100'",
      "$env:CLAUDE_CODE_MAX_CONTEXT_TOKENS = '2000'",
    ],
  },
];

for (const { shell, want } of SHELLS) {
  Deno.test(`env() writes assignments that ${shell} takes as they are meant`, async () => {
    const model = "it's $$(a) \\\\ model’s";
    const text = `${plainConfig()}    model: "${model}"\n    max_output_tokens: 100\n` +
      "    context_window: 2000\n";
    const { code, io } = await run(text, "a", shell);
    assertEquals([code, io.stderr], [0, ""]);
    assertEquals(io.results, want);
  });
}

Deno.test("env() is read by a real shell", { ignore: Deno.build.os === "windows" }, async () => {
  const { io } = await run(`${plainConfig()}    model: "it's \`id\` $$HOME \\"x\\""\n`);
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", 'eval "$1"; printf %s "$ANTHROPIC_MODEL"', "sh", io.stdout],
  }).output();
  assertEquals(new TextDecoder().decode(stdout), 'it\'s `id` $HOME "x"');
});

const WINDOWS: { name: string; lines: string; want: string[] }[] = [
  {
    name: "another's model",
    lines: "    model: kimi\n    context_window: 64000\n",
    want: ["export ANTHROPIC_MODEL='kimi'", "export CLAUDE_CODE_MAX_CONTEXT_TOKENS='64000'"],
  },
  {
    name: "a Claude model",
    lines: "    model: claude-sonnet-5\n    context_window: 150000\n",
    want: [
      "export ANTHROPIC_MODEL='claude-sonnet-5'",
      "export CLAUDE_CODE_AUTO_COMPACT_WINDOW='150000'",
    ],
  },
  {
    name: "the client's model",
    lines: "    context_window: 100000\n",
    want: ["export CLAUDE_CODE_AUTO_COMPACT_WINDOW='100000'"],
  },
  { name: "the client's model, too small for it", lines: "    context_window: 99999\n", want: [] },
];

for (const { name, lines, want } of WINDOWS) {
  Deno.test(`env() names the window as Claude Code reads it for ${name}`, async () => {
    const { code, io } = await run(`${plainConfig()}${lines}`);
    assertEquals([code, io.results.slice(2)], [0, want]);
  });
}

const PLACES: { listen: string; want: string }[] = [
  { listen: "{}", want: "http://127.0.0.1:8787/a" },
  { listen: "{host: 0.0.0.0, port: 1}", want: "http://127.0.0.1:1/a" },
  { listen: "{host: '::'}", want: "http://[::1]:8787/a" },
  { listen: "{host: '::1'}", want: "http://[::1]:8787/a" },
  { listen: "{host: '[::1]'}", want: "http://[::1]:8787/a" },
  { listen: "{host: gateway.example}", want: "http://gateway.example:8787/a" },
];

for (const { listen, want } of PLACES) {
  Deno.test(`env() points at ${want} where listen is ${listen}`, async () => {
    const { io } = await run(`listen: ${listen}\n${KEYS}${TWO}`);
    assertEquals(io.results[0], `export ANTHROPIC_BASE_URL='${want}'`);
  });
}

Deno.test("env() takes the first key that may use the target", async () => {
  const key = async (target: string) => (await run(`${KEYS}${TWO}`, target)).io.results[1];
  assertEquals(await key("a"), "export ANTHROPIC_AUTH_TOKEN='my-key'");
  assertEquals(await key("b"), "export ANTHROPIC_AUTH_TOKEN='other-key'");
});

const PROBLEMS: { name: string; text: string; target?: string; want: string }[] = [
  {
    name: "a target that is not there",
    text: TWO,
    target: "c",
    want: "There is no target 'c'; known are 'a', 'b'",
  },
  {
    name: "a target that no key may use",
    text: `auth: {keys: [{name: x, key: kkk, targets: [b]}]}\n${TWO}`,
    want: "No key of 'auth.keys' may use target 'a'",
  },
  {
    name: "a port that is not known yet",
    text: `listen: {port: 0}\n${TWO}`,
    want: "'listen.port' is 0, so the port is known only once the server runs",
  },
  { name: "a broken file", text: "targets: 1", want: ":1:10 targets: expected a map" },
];

for (const { name, text, target, want } of PROBLEMS) {
  Deno.test(`env() explains ${name}, and prints no result`, async () => {
    const { code, io } = await run(text, target);
    assertEquals([code, io.stdout], [1, ""]);
    assertStringIncludes(io.stderr, want);
  });
}
