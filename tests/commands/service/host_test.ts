import { assertEquals, assertStringIncludes } from "@std/assert";
import { stablePath, THIS_HOST } from "../../../src/commands/service/host.ts";
import { temporaryFolder } from "../../support/config.ts";

const ignore = Deno.build.os === "windows";

Deno.test("stablePath() prefers the link that an upgrade moves", { ignore }, async () => {
  await using folder = await temporaryFolder();
  const real = await Deno.realPath(folder.path);
  await Deno.mkdir(`${real}/cellar/1.0`, { recursive: true });
  await Deno.mkdir(`${real}/bin`);
  await Deno.mkdir(`${real}/other`);
  const executable = `${real}/cellar/1.0/switchyard`;
  await Deno.writeTextFile(executable, "");
  await Deno.writeTextFile(`${real}/other/switchyard`, "another program");
  await Deno.symlink(executable, `${real}/bin/switchyard`);
  const path = `${real}/none:${real}/other:${real}/bin`;
  assertEquals(stablePath(executable, path), `${real}/bin/switchyard`);
  assertEquals(stablePath(executable, `${real}/other`), executable);
});

Deno.test("THIS_HOST runs programs, and knows which are not there", { ignore }, async () => {
  const result = await THIS_HOST.run("sh", ["-c", "echo out; echo err >&2; exit 3"]);
  assertEquals(result, { code: 3, stdout: "out\n", stderr: "err\n" });
  assertEquals(await THIS_HOST.run("no-such-program-anywhere", []), undefined);
});

Deno.test("THIS_HOST runs the source with the rights of the start task", () => {
  const [executable, ...words] = THIS_HOST.program();
  assertEquals(executable, Deno.execPath());
  assertStringIncludes(words.join(" "), "run --quiet --no-prompt --allow-net");
});
