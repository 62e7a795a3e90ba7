import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { init, readExample } from "../../src/commands/init.ts";
import { configJsonSchema } from "../../src/config/json_schema.ts";
import { targetShape } from "../../src/config/schema.ts";
import { isObject, type JsonObject } from "../../src/json.ts";
import { RecordedIo } from "../support/command_io.ts";
import { configOf, problemsOf, temporaryFolder } from "../support/config.ts";

Deno.test("init() writes the example for its owner only", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/proxy.yaml`;
  const io = new RecordedIo();
  assertEquals(init(path, io), 0);
  assertEquals(await Deno.readTextFile(path), readExample());
  assertEquals(((await Deno.stat(path)).mode ?? 0o600) & 0o777, 0o600);
  assertEquals(io.stdout, "");
  assertStringIncludes(io.stderr, `Wrote '${path}'`);
});

Deno.test("init() overwrites neither a file nor a link", async () => {
  await using folder = await temporaryFolder({ "proxy.yaml": "mine" });
  await Deno.symlink("nowhere", `${folder.path}/link.yaml`);
  const io = new RecordedIo();
  assertEquals(init(`${folder.path}/proxy.yaml`, io), 1);
  assertEquals(init(`${folder.path}/link.yaml`, io), 1);
  assertEquals(await Deno.readTextFile(`${folder.path}/proxy.yaml`), "mine");
  assertStringIncludes(io.messages[0] ?? "", "never overwritten");
});

Deno.test("init() explains a folder that is not there", async () => {
  await using folder = await temporaryFolder();
  const io = new RecordedIo();
  assertEquals(init(`${folder.path}/no/proxy.yaml`, io), 1);
  assertStringIncludes(io.stderr, "its folder does not exist");
});

Deno.test("readExample() loads as it stands, without a variable set", async () => {
  const config = await configOf(readExample());
  assert(config.targets.size >= 12);
  assertEquals(config.keys, []);
  for (const { provider } of config.targets.values()) assert(provider !== "generic");
});

Deno.test("readExample() loads with what it has switched off", async () => {
  const text = readExample().replace(/^#(?! \S|$)/gm, "");
  assertEquals(await problemsOf(text, { env: { SWITCHYARD_KEY: "k-1" } }), "");
  const { keys } = await configOf(text, { env: { SWITCHYARD_KEY: "k-1" } });
  assertEquals(keys.map(({ name }) => name), ["laptop"]);
});

Deno.test("readExample() names the schema in its first line", () => {
  assertMatch(readExample(), /^# yaml-language-server: \$schema=\S+\n/);
});

Deno.test("readExample() shows every option", () => {
  const text = readExample();
  const missing = optionNames(configJsonSchema())
    .filter((name) => !new RegExp(`^[# -]*${name}:`, "m").test(text));
  assertEquals(missing, []);
});

/** Every key that the file may hold, but for the quirks, of which an example shows one. */
function optionNames(schema: JsonObject): readonly string[] {
  const definitions = isObject(schema.$defs) ? schema.$defs : {};
  const names = new Set<string>(Object.keys(targetShape));
  const collect = (node: unknown) => {
    if (Array.isArray(node)) return node.forEach(collect);
    if (!isObject(node)) return;
    if (typeof node.$ref === "string") collect(definitions[node.$ref.replace("#/$defs/", "")]);
    if (Array.isArray(node.anyOf)) collect(node.anyOf);
    collect(node.items);
    collect(node.additionalProperties);
    if (!isObject(node.properties)) return;
    for (const [name, property] of Object.entries(node.properties)) {
      names.add(name);
      if (name !== "quirks") collect(property);
    }
  };
  collect(schema);
  return [...names];
}
