import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { archiveName, TARGETS } from "../../scripts/platforms.ts";
import {
  fillFormula,
  fillInstaller,
  formatSums,
  type Published,
  sha256,
} from "../../scripts/release_files.ts";
import { temporaryFolder } from "../support/config.ts";
import { lacks, runTool } from "../support/outside_programs.ts";

const ROOT = new URL("../../", import.meta.url);
const FORMULA = await Deno.readTextFile(new URL("packaging/homebrew/switchyard.rb", ROOT));

const PUBLISHED: Published = {
  version: "1.2.3",
  releases: "https://example.com/switchyard/releases",
  sums: new Map(TARGETS.map((target, index) => [archiveName(target), `${index}`.repeat(64)])),
};

Deno.test("fillFormula() fills in every address and hash", () => {
  const formula = fillFormula(FORMULA, PUBLISHED);
  assertEquals(formula.match(/@[A-Z]/), null);
  assertStringIncludes(formula, 'version "1.2.3"');
  assertStringIncludes(
    formula,
    'url "https://example.com/switchyard/releases/download/v1.2.3/switchyard-aarch64-apple-darwin.tar.gz"\n' +
      `      sha256 "${"3".repeat(64)}"`,
  );
});

Deno.test("fillFormula() refuses to name an archive that was not built", () => {
  assertThrows(
    () => fillFormula(FORMULA, { ...PUBLISHED, sums: new Map() }),
    Error,
    "there is no switchyard-aarch64-apple-darwin.tar.gz",
  );
});

Deno.test({
  name: "the formula is Ruby",
  ignore: lacks("ruby"),
  async fn() {
    await using folder = await temporaryFolder({ "f.rb": fillFormula(FORMULA, PUBLISHED) });
    const { code, out, err } = await runTool("ruby", ["-c", `${folder.path}/f.rb`]);
    assertEquals([code, out], [0, "Syntax OK\n"], err);
  },
});

Deno.test("fillInstaller() says where the releases are", () => {
  assertEquals(fillInstaller("${X:-@RELEASES@}", "https://a/releases"), "${X:-https://a/releases}");
});

Deno.test("formatSums() writes what sha256sum verifies", async () => {
  await using folder = await temporaryFolder({ b: "two", a: "one" });
  const sums = new Map<string, string>();
  for (const name of ["b", "a"]) {
    sums.set(name, await sha256(await Deno.readFile(`${folder.path}/${name}`)));
  }
  await Deno.writeTextFile(`${folder.path}/SHA256SUMS`, formatSums(sums));
  const { out } = await runTool("sha256sum", ["-c", "SHA256SUMS"], { cwd: folder.path });
  assertEquals(out, "a: OK\nb: OK\n");
});
