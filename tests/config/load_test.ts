import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import type { Config } from "../../src/config/config.ts";
import { loadConfig, reloadConfig } from "../../src/config/load.ts";
import { RESERVED_NAMES } from "../../src/config/schema.ts";
import { ConfigError } from "../../src/errors.ts";
import { configOf, evaluate, plainConfig, problemsOf, tableSources } from "../support/config.ts";

Deno.test("evaluateConfig() reports everything at once, in the file's order", async () => {
  const text = [
    "listen: {host: 0.0.0.0, prot: 1}",
    "default_target: deepsek",
    "targets:",
    "  deepseek:",
    "    api_mode: chat_completion",
    "    base_url: https://api.deepseek.com/v1",
    "    api_key: ${NO_KEY}",
    "    modle: x",
    "  other:",
    "    api_mode: chat_completions",
    "    base_url: https://api.deepseek.com/v1",
    "    fallback: [deepseek, gone]",
    "    timeouts: {idle: 5}",
    "  api: {api_mode: chat_completions}",
  ].join("\n");
  assertEquals((await problemsOf(text)).split("\n").map((line) => line.split(": ")[0]), [
    "f:1:10 listen.host",
    "f:1:25 listen.prot",
    "f:2:17 default_target",
    "f:5:15 targets.deepseek.api_mode",
    "f:7:14 targets.deepseek.api_key",
    "f:8:5 targets.deepseek.modle",
    "f:12:26 targets.other.fallback.1",
    "f:13:22 targets.other.timeouts.idle",
    "f:14:3 targets.api",
    "f:14:3 targets.api.base_url",
  ]);
});

Deno.test("evaluateConfig() finds a cycle of fallbacks wherever it closes", async () => {
  const target = (fallback: string) =>
    `{api_mode: chat_completions, base_url: http://h, fallback: [${fallback}]}`;
  const text = `targets:\n  a: ${target("b")}\n  b: ${target("c")}\n  c: ${target("b")}\n`;
  assertEquals(
    await problemsOf(text),
    "f:4:66 targets.c.fallback.0: the fallback makes a cycle: b → c → b",
  );
});

for (const name of RESERVED_NAMES) {
  Deno.test(`evaluateConfig() keeps the name '${name}' for the server`, async () => {
    assert((await problemsOf(plainConfig(name))).includes("is a route of the server itself"));
  });
}

Deno.test("evaluateConfig() never quotes a value that came from outside", async () => {
  const secret = "sk-very-secret-value";
  const fields = ["base_url", "api_mode", "on_loss", "provider", "ping_interval", "context_window"];
  const lines = fields.map((field) => `    ${field}: \${SECRET}`).join("\n");
  const text = `listen: {host: "\${SECRET}", port: "\${SECRET}"}\ndefault_target: \${SECRET}\n` +
    `targets:\n  a:\n${lines}\n    fallback: ["\${SECRET}"]\n`;
  const problems = await problemsOf(text, { env: { SECRET: secret } });
  assert(problems.split("\n").length >= fields.length);
  assert(!problems.includes(secret));
});

Deno.test("evaluateConfig() refuses a host from the command line that is open to all", async () => {
  const open = await problemsOf(plainConfig(), { overrides: { host: "0.0.0.0" } });
  assert(open.startsWith("f:1:1 listen.host: without 'auth.keys'"));
  const text = `listen: {host: 0.0.0.0}\n${plainConfig()}`;
  assertEquals(await problemsOf(text, { overrides: { host: "127.0.0.1" } }), "");
});

Deno.test("evaluateConfig() takes names of inherited keys for plain names", async () => {
  const config = await configOf(
    `auth: {keys: [{name: constructor, key: toString}]}\n${plainConfig("constructor")}` +
      "    models: {constructor: x, toString: y}\n    headers: {constructor: z}\n",
  );
  assertEquals([...config.targets.keys()], ["constructor"]);
  const target = config.targets.get("constructor");
  assertEquals(target?.aliases.map(({ pattern }) => pattern), ["constructor", "toString"]);
  assertEquals(config.targets.get("toString"), undefined);
  assertEquals(({} as Record<string, unknown>).z, undefined);
});

Deno.test("evaluateConfig() hashes the text and all that it pulled in", async () => {
  const text = `${plainConfig()}    model: \${MODEL:-m}\n    api_key: \${file:key}\n`;
  const hash = async (model: string, key: string) =>
    (await evaluate(text, { env: { MODEL: model }, files: { key } })).hash;
  assert(/^[0-9a-f]{12}$/.test(await hash("a", "k")));
  assertEquals(await hash("a", "k"), await hash("a", "k"));
  assertNotEquals(await hash("a", "k"), await hash("b", "k"));
  assertNotEquals(await hash("a", "k"), await hash("a", "l"));
  assertNotEquals(
    (await evaluate(text, { files: { key: "k" } })).hash,
    (await evaluate(`${text}# more\n`, { files: { key: "k" } })).hash,
  );
});

Deno.test("evaluateConfig() names the files that the text pulled in, readable or not", async () => {
  const text = `${plainConfig()}    api_key: [\${file:here}, \${file:gone}, \${file:here}]\n`;
  assertEquals((await evaluate(text, { files: { here: "k" } })).files, ["here", "gone"]);
});

Deno.test("loadConfig() throws every problem as a ConfigError", async () => {
  const error = await assertRejects(
    () => loadConfig("proxy.yaml", "listen: {port: x}", tableSources()),
    ConfigError,
    "proxy.yaml:1:16 listen.port: expected a number",
  );
  assertEquals([error.file, error.problems.length], ["proxy.yaml", 2]);
});

Deno.test("loadConfig() gives the config of a sound text", async () => {
  const config = await loadConfig("proxy.yaml", plainConfig("fast"), tableSources());
  assertEquals([...config.targets.keys()], ["fast"]);
});

Deno.test("reloadConfig() makes the same config of its source, in another thread too", async () => {
  const text = [
    "listen: {port: 5}",
    "logging: {level: debug, format: text}",
    "targets:",
    "  a: {api_mode: chat_completions, base_url: '${URL}', api_key: '${file:key}', model: '${NO:-m}'}",
  ].join("\n");
  const config = await configOf(text, {
    env: { URL: "http://h" },
    files: { key: "secret" },
    overrides: { port: 6, logLevel: "error" },
  });
  const again = await reloadConfig(structuredClone(config.source));
  const plain = ({ targets, ...rest }: Config) => ({
    ...rest,
    targets: [...targets.values()].map(({ profileFor: _, ...target }) => target),
  });
  assertEquals(plain(again), plain(config));
  assertEquals([again.listen.port, again.logging.level, again.logging.format], [
    6,
    "error",
    "text",
  ]);
});
