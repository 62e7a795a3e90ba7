import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { evaluateConfigFile, loadConfigFile } from "../../src/config/files.ts";
import { ConfigError } from "../../src/errors.ts";
import { plainConfig, temporaryFolder } from "../support/config.ts";

const BAD_FILES: { name: string; bytes: Uint8Array<ArrayBuffer>; want: string }[] = [
  {
    name: "NUL bytes",
    bytes: new Uint8Array(100),
    want: "cannot read the config file: it holds NUL bytes; save it as UTF-8 text",
  },
  {
    name: "bytes that are not UTF-8",
    bytes: new Uint8Array([0x61, 0xff, 0xfe]),
    want: "cannot read the config file: it is not UTF-8; save it as UTF-8 text",
  },
  {
    name: "5 MB",
    bytes: new Uint8Array(5_000_000).fill(0x20),
    want: "cannot read the config file: it is larger than 1 MiB, so it is not what it should be",
  },
];

for (const { name, bytes, want } of BAD_FILES) {
  Deno.test(`evaluateConfigFile() refuses a file of ${name}`, async () => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/proxy.yaml`;
    await Deno.writeFile(file, bytes);
    const { config, problems, hash } = await evaluateConfigFile(file);
    assertEquals({ config, hash }, { config: undefined, hash: undefined });
    assertEquals(problems, [{ line: 0, column: 0, path: "", message: want }]);
  });
}

Deno.test("evaluateConfigFile() refuses what is not there, and a folder", async () => {
  await using folder = await temporaryFolder();
  const message = async (path: string) => (await evaluateConfigFile(path)).problems[0]?.message;
  assertEquals(
    await message(`${folder.path}/none.yaml`),
    "cannot read the config file: it does not exist",
  );
  assertEquals(
    await message(folder.path),
    "cannot read the config file: it is a directory; name a file in it",
  );
});

Deno.test("evaluateConfigFile() refuses a link that leads nowhere", async () => {
  await using folder = await temporaryFolder();
  await Deno.symlink(`${folder.path}/gone`, `${folder.path}/proxy.yaml`);
  const { problems } = await evaluateConfigFile(`${folder.path}/proxy.yaml`);
  assertEquals(problems[0]?.message, "cannot read the config file: it does not exist");
});

Deno.test("evaluateConfigFile() says that an empty file is empty", async () => {
  await using folder = await temporaryFolder({ "proxy.yaml": "" });
  const { problems } = await evaluateConfigFile(`${folder.path}/proxy.yaml`);
  assertStringIncludes(problems[0]?.message ?? "", "the file is empty: run 'switchyard init'");
});

Deno.test("evaluateConfigFile() reads a file of just 1 MiB", async () => {
  const text = plainConfig();
  const padding = "#".repeat(1024 * 1024 - text.length);
  await using folder = await temporaryFolder({ "proxy.yaml": text + padding });
  assertEquals((await evaluateConfigFile(`${folder.path}/proxy.yaml`)).problems, []);
});

Deno.test("evaluateConfigFile() takes a byte order mark and Windows line ends", async () => {
  const text = `\ufeff${plainConfig("fast").replaceAll("\n", "\r\n")}`;
  await using folder = await temporaryFolder({ "proxy.yaml": text });
  const { config } = await evaluateConfigFile(`${folder.path}/proxy.yaml`);
  assertEquals([...config?.targets.keys() ?? []], ["fast"]);
});

Deno.test("evaluateConfigFile() finds ${file:…} beside the file, and trims it", async () => {
  await using folder = await temporaryFolder({
    "proxy.yaml": `${plainConfig()}    api_key: \${file:key.txt}\n`,
    "key.txt": "  the-key \n",
  });
  const { config, files } = await evaluateConfigFile(`${folder.path}/proxy.yaml`);
  assertEquals(config?.targets.get("a")?.apiKeys, ["the-key"]);
  assertEquals(files, [`${folder.path}/key.txt`]);
});

Deno.test("evaluateConfigFile() puts a missing ${file:…} at its line", async () => {
  await using folder = await temporaryFolder({
    "proxy.yaml": `${plainConfig()}    api_key: \${file:key.txt}\n`,
  });
  const { problems, hash } = await evaluateConfigFile(`${folder.path}/proxy.yaml`);
  assertEquals(problems, [{
    line: 5,
    column: 14,
    path: "targets.a.api_key",
    message: "cannot read 'key.txt': it does not exist",
  }]);
  assert(hash !== undefined);
});

Deno.test("evaluateConfigFile() reads the environment", async () => {
  Deno.env.set("SWITCHYARD_FILES_TEST_MODEL", "from-env");
  try {
    await using folder = await temporaryFolder({
      "proxy.yaml": `${plainConfig()}    model: \${SWITCHYARD_FILES_TEST_MODEL}\n`,
    });
    const { config } = await evaluateConfigFile(`${folder.path}/proxy.yaml`);
    assertEquals(config?.targets.get("a")?.model, "from-env");
  } finally {
    Deno.env.delete("SWITCHYARD_FILES_TEST_MODEL");
  }
});

Deno.test("loadConfigFile() throws with the file as it was named", async () => {
  await using folder = await temporaryFolder({ "proxy.yaml": "targets: 1" });
  const file = `${folder.path}/proxy.yaml`;
  await assertRejects(
    () => loadConfigFile(file),
    ConfigError,
    `${file}:1:10 targets: expected a map, got a number`,
  );
  await Deno.writeTextFile(file, plainConfig());
  assertEquals((await loadConfigFile(file)).targets.size, 1);
});
