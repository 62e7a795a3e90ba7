import { assertEquals, assertStringIncludes } from "@std/assert";
import { formatSums, sha256 } from "../../scripts/release_files.ts";
import { writeTarball } from "../../scripts/tarball.ts";
import { temporaryFolder } from "../support/config.ts";
import { lacks, type ProgramOutcome, runTool } from "../support/outside_programs.ts";

const SCRIPT = new URL("../../install.sh", import.meta.url).pathname;
const ARCHIVE = "switchyard-x86_64-unknown-linux-gnu.tar.gz";
const ARM = "switchyard-aarch64-apple-darwin.tar.gz";

/** Releases on a server of this machine, and an empty home. */
interface Shop {
  readonly home: string;
  /** Files by path below the releases. */
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  readonly asked: string[];
  install(env?: Record<string, string>): Promise<ProgramOutcome>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** An archive whose program prints a version. */
async function archiveOf(name: string, program: string): Promise<Uint8Array<ArrayBuffer>> {
  await using folder = await temporaryFolder();
  const path = `${name.replace(".tar.gz", "")}/switchyard`;
  const entry = { path, bytes: new TextEncoder().encode(program), executable: true };
  await writeTarball(`${folder.path}/a`, [entry], new Date(0));
  return await Deno.readFile(`${folder.path}/a`);
}

async function publish(
  shop: Shop,
  folder: string,
  archives: Record<string, string>,
): Promise<void> {
  const sums = new Map<string, string>();
  for (const [name, program] of Object.entries(archives)) {
    const bytes = await archiveOf(name, program);
    shop.files.set(`/${folder}/${name}`, bytes);
    sums.set(name, await sha256(bytes));
  }
  shop.files.set(`/${folder}/SHA256SUMS`, new TextEncoder().encode(formatSums(sums)));
}

/** `uname` answers for an Intel Linux unless told otherwise. */
async function openShop(system = "Linux", machine = "x86_64"): Promise<Shop> {
  const home = await temporaryFolder();
  await Deno.mkdir(`${home.path}/bin`);
  const uname = `#!/bin/sh\n[ "$1" = -s ] && echo ${system} || echo ${machine}\n`;
  await Deno.writeTextFile(`${home.path}/bin/uname`, uname, { mode: 0o755 });
  const files: Shop["files"] = new Map();
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    const { pathname } = new URL(url);
    asked.push(pathname);
    const bytes = files.get(pathname);
    return bytes ? new Response(bytes) : new Response("none", { status: 404 });
  });
  const env = {
    HOME: home.path,
    PATH: `${home.path}/bin:${Deno.env.get("PATH")}`,
    SWITCHYARD_RELEASES: `http://127.0.0.1:${server.addr.port}`,
  };
  return {
    home: home.path,
    files,
    asked,
    install: (more = {}) => runTool("sh", [SCRIPT], { env: { ...env, ...more } }),
    async [Symbol.asyncDispose](): Promise<void> {
      await server.shutdown();
      await home[Symbol.asyncDispose]();
    },
  };
}

function program(version: string): string {
  return `#!/bin/sh\necho ${version}\n`;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

Deno.test("install.sh installs the latest program without root, and again over it", async () => {
  await using shop = await openShop();
  await publish(shop, "latest/download", { [ARCHIVE]: program("1.0.0"), [ARM]: program("no") });
  const first = await shop.install();
  assertEquals([first.code, first.err], [0, ""]);
  const installed = `${shop.home}/.local/bin/switchyard`;
  assertStringIncludes(first.out, `Installed Switchyard 1.0.0 as ${installed}`);
  assertStringIncludes(first.out, "Add it to your PATH");
  await publish(shop, "latest/download", { [ARCHIVE]: program("1.1.0") });
  assertEquals((await shop.install()).code, 0);
  assertEquals((await runTool(installed, ["--version"])).out, "1.1.0\n");
  assertEquals([...Deno.readDirSync(`${shop.home}/.local/bin`)].length, 1);
});

Deno.test("install.sh takes a version and a folder, and knows an Apple machine", async () => {
  await using shop = await openShop("Darwin", "arm64");
  await publish(shop, "download/v0.9.0", { [ARM]: program("0.9.0") });
  const folder = `${shop.home}/bin`;
  const env = { SWITCHYARD_VERSION: "0.9.0", SWITCHYARD_INSTALL: folder };
  const { code, out, err } = await shop.install(env);
  assertEquals([code, err], [0, ""]);
  assertStringIncludes(out, `as ${folder}/switchyard`);
  assertEquals(out.includes("PATH"), false);
  assertEquals(shop.asked, ["/download/v0.9.0/SHA256SUMS", `/download/v0.9.0/${ARM}`]);
});

Deno.test("install.sh refuses an archive whose checksum is wrong, and keeps the old program", async () => {
  await using shop = await openShop();
  await publish(shop, "latest/download", { [ARCHIVE]: program("1.0.0") });
  await shop.install();
  shop.files.set(`/latest/download/${ARCHIVE}`, await archiveOf(ARCHIVE, program("evil")));
  const { code, err } = await shop.install();
  assertEquals(code, 1);
  assertStringIncludes(err, `the checksum of ${ARCHIVE} is wrong: expected `);
  const installed = `${shop.home}/.local/bin/switchyard`;
  assertEquals((await runTool(installed, [])).out, "1.0.0\n");
});

const REFUSALS: {
  name: string;
  machine?: [system: string, machine: string];
  archives: Record<string, string>;
  want: string;
}[] = [
  { name: "an archive that is not listed", archives: { [ARM]: "" }, want: "does not list" },
  {
    name: "a program that does not start",
    archives: { [ARCHIVE]: "#!/bin/sh\nexit 9\n" },
    want: "does not start on this machine",
  },
  {
    name: "another system",
    machine: ["FreeBSD", "amd64"],
    archives: {},
    want: "no build for FreeBSD",
  },
  {
    name: "another machine",
    machine: ["Linux", "riscv64"],
    archives: {},
    want: "no build for riscv64",
  },
  { name: "a server that has nothing", archives: {}, want: "cannot download" },
];

for (const { name, machine = ["Linux", "x86_64"], archives, want } of REFUSALS) {
  Deno.test(`install.sh refuses ${name} and installs nothing`, async () => {
    await using shop = await openShop(...machine);
    if (Object.keys(archives).length > 0) {
      await publish(shop, "latest/download", archives);
      // Listed or not, the file is there.
      shop.files.set(
        `/latest/download/${ARCHIVE}`,
        await archiveOf(ARCHIVE, archives[ARCHIVE] ?? program("1")),
      );
    }
    const { code, err } = await shop.install();
    assertEquals(code, 1);
    assertStringIncludes(err, want);
    assertEquals(await exists(`${shop.home}/.local/bin/switchyard`), false);
  });
}

Deno.test("install.sh from the sources asks where the releases are", async () => {
  await using shop = await openShop();
  const { code, err } = await shop.install({ SWITCHYARD_RELEASES: "" });
  assertEquals(code, 1);
  assertStringIncludes(err, "set SWITCHYARD_RELEASES");
});

Deno.test({
  name: "install.sh pleases shellcheck",
  ignore: lacks("shellcheck"),
  async fn() {
    const { code, out } = await runTool("shellcheck", [SCRIPT]);
    assertEquals(code, 0, out);
  },
});
