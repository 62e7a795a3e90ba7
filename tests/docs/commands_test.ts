import { assert, assertEquals } from "@std/assert";
import { type DocBlock, readBlocks, treatmentOf } from "../support/doc_blocks.ts";
import { openSandbox, type Sandbox } from "../support/doc_sandbox.ts";
import { lacks } from "../support/outside_programs.ts";
import { readPages } from "../support/doc_pages.ts";

const ignore = Deno.build.os === "windows" || lacks("curl");

for (const { file, text } of await readPages()) {
  const blocks = readBlocks(file, text);
  Deno.test({
    name: `the commands of ${file} do what a reader does with them`,
    ignore,
    async fn() {
      await using sandbox = await openSandbox();
      for (const block of blocks) await follow(block, sandbox);
    },
  });
}

async function follow(block: DocBlock, sandbox: Sandbox): Promise<void> {
  const kind = treatmentOf(block)?.kind ?? "skip";
  if (kind === "background") await sandbox.runInBackground(block.text);
  if (kind !== "run") return;
  const { code, out, err } = await sandbox.run(block.text);
  assertEquals(code, 0, `${block.file}:${block.line}\n${block.text}\n${out}${err}`);
}

const TREATMENTS: { name: string; page: string; want: ReturnType<typeof treatmentOf> }[] = [
  { name: "runs sh", page: "```sh\na\n```", want: { kind: "run" } },
  {
    name: "starts a server",
    page: "<!-- runs in the background -->\n\n```sh\na\n```",
    want: { kind: "background" },
  },
  {
    name: "leaves out what says why",
    page: "<!-- not run by the tests: needs systemd -->\n```sh\na\n```",
    want: { kind: "skip", reason: "needs systemd" },
  },
  { name: "runs no YAML", page: "```yaml\na: 1\n```", want: undefined },
];

for (const { name, page, want } of TREATMENTS) {
  Deno.test(`treatmentOf() ${name}`, () => {
    const [block] = readBlocks("p.md", page);
    assert(block);
    assertEquals(treatmentOf(block), want);
  });
}

for (const language of ["", "bash", "console", "shell"]) {
  Deno.test(`treatmentOf() refuses an unmarked block of "${language}"`, () => {
    const [block] = readBlocks("p.md", `text\n\`\`\`${language}\na\n\`\`\``);
    assert(block);
    let message = "";
    try {
      treatmentOf(block);
    } catch (error) {
      message = String(error);
    }
    assert(message.includes("p.md:2"), message);
  });
}

Deno.test("a command that fails fails its page, and nothing of the user's is touched", async () => {
  await using sandbox = await openSandbox();
  assertEquals((await sandbox.run("switchyard check")).code, 1);
  assertEquals((await sandbox.run("false\ntrue")).code, 1);
  const { out } = await sandbox.run("pwd; echo $HOME");
  assert(!out.includes(Deno.env.get("HOME") ?? "none"), out);
});
