import { assert, assertEquals } from "@std/assert";
import { readBlocks } from "../support/doc_blocks.ts";

const ROOT = new URL("../../", import.meta.url);
const FILE = "docs/troubleshooting.md";
const PAGE = await Deno.readTextFile(new URL(FILE, ROOT));

/** Between two parts of a message stands an expression. */
const GAP = "[^]{1,200}?";

async function readSources(folder: URL): Promise<string[]> {
  const texts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const url = new URL(isDirectory ? `${name}/` : name, folder);
    if (isDirectory) texts.push(...await readSources(url));
    else texts.push(await Deno.readTextFile(url));
  }
  return texts;
}

/** The messages that the page quotes: whole `text` blocks, and code in a column of messages. */
function quoted(page: string): string[] {
  const blocks = readBlocks(FILE, page).filter(({ language }) => language === "text");
  const rows = [...page.matchAll(/^\| (?:\d{3} +\| )?`([^`]+)` +\|/gm)];
  return [...blocks.map(({ text }) => text), ...rows.map(([, message = ""]) => message)];
}

function patternOf(message: string): RegExp {
  const parts = message.split("…").map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&"));
  return new RegExp(parts.join(GAP));
}

const SOURCES = (await readSources(new URL("src/", ROOT)))
  // In a template, what the program writes as `${` is escaped.
  .map((text) => text.replaceAll("\\${", "${"));

for (const message of quoted(PAGE)) {
  Deno.test(`the program can say: ${message}`, () => {
    assert(SOURCES.some((text) => patternOf(message).test(text)), `no source writes "${message}"`);
  });
}

Deno.test("the page quotes messages, and a wrong one is found", () => {
  assert(quoted(PAGE).length >= 25, String(quoted(PAGE).length));
  assertEquals(SOURCES.some((text) => patternOf("Cannot reach the moon").test(text)), false);
});
