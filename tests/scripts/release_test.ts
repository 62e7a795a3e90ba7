import { assertEquals, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../src/version.ts";
import { temporaryFolder } from "../support/config.ts";
import { runTool } from "../support/outside_programs.ts";

const SCRIPT = new URL("../../scripts/release.ts", import.meta.url).pathname;
const RUN = ["run", "--no-lock", "--allow-all", SCRIPT];
const RELEASES = "https://example.com/releases";

/** A platform other than this one. */
const FOREIGN = Deno.build.os === "darwin" ? "x86_64-unknown-linux-gnu" : "aarch64-apple-darwin";

// Elsewhere Deno would have to download the base of the program.
const canBuild = Deno.env.has("DENORT_BIN");
if (!canBuild) Deno.stderr.writeSync(new TextEncoder().encode("skipped: there is no DENORT_BIN\n"));

Deno.test({
  name: "the release task's archive unpacks, runs and verifies",
  ignore: !canBuild,
  async fn() {
    await using folder = await temporaryFolder();
    const output = `${folder.path}/release`;
    const target = Deno.build.target;
    const { code, out } = await runTool(Deno.execPath(), [
      ...RUN,
      ...["--output", output, "--releases", RELEASES, "--target", target],
    ]);
    // The formula needs all platforms, and says so.
    assertEquals(code, 1, out);
    assertStringIncludes(
      out,
      "could not write switchyard.rb: Cannot write the formula: there is no",
    );
    assertEquals(out.match(/^could not/gm)?.length, 1, out);

    const archive = `switchyard-${target}.tar.gz`;
    const files = ["install.sh", archive, "switchyard.cdx.json"];
    const verified = await runTool("sha256sum", ["-c", "SHA256SUMS"], { cwd: output });
    assertEquals([verified.code, verified.out], [0, files.map((name) => `${name}: OK\n`).join("")]);

    await runTool("tar", ["-xzf", archive], { cwd: output });
    const unpacked = `${output}/switchyard-${target}`;
    const program = await runTool(`${unpacked}/switchyard`, ["--version"]);
    assertEquals([program.code, program.out.trim()], [0, VERSION], program.err);
    const names = [...Deno.readDirSync(unpacked)].map(({ name }) => name).sort();
    assertEquals(names, ["LICENSE", "README.md", "proxy.example.yaml", "switchyard"]);
    assertStringIncludes(await Deno.readTextFile(`${output}/install.sh`), `:-${RELEASES}}`);
  },
});

Deno.test("the release task says what it could not build, and lists the packages", async () => {
  await using folder = await temporaryFolder();
  const { code, out } = await runTool(
    Deno.execPath(),
    [...RUN, "--", "--output", folder.path, "--target", FOREIGN],
    { env: { ...Deno.env.toObject(), DENORT_BIN: "/nonexistent" } },
  );
  assertEquals(code, 1);
  assertStringIncludes(
    out,
    `could not build for ${FOREIGN}: DENORT_BIN is the base binary of ${Deno.build.target} only`,
  );
  assertStringIncludes(out, "--releases must say where they look");
  const sums = await Deno.readTextFile(`${folder.path}/SHA256SUMS`);
  assertEquals(sums.trimEnd().split("\n").map((line) => line.slice(66)), ["switchyard.cdx.json"]);
});

const REFUSED: { name: string; args: string[]; want: string }[] = [
  { name: "an unknown platform", args: ["--target", "sparc"], want: "there is no target sparc" },
  { name: "a folder that is in use", args: ["--output", "/etc"], want: "/etc is not empty" },
];

for (const { name, args, want } of REFUSED) {
  Deno.test(`the release task refuses ${name}`, async () => {
    const { code, out } = await runTool(Deno.execPath(), [...RUN, ...args]);
    assertEquals(code, 2);
    assertStringIncludes(out, want);
  });
}
