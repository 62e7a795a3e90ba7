import { assertEquals } from "@std/assert";
import { parse } from "yaml";
import { isObject } from "../../src/json.ts";
import { plainConfig, problemsOf } from "../support/config.ts";
import { readBlocks } from "../support/doc_blocks.ts";
import { readPages } from "../support/doc_pages.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGES = await readPages();
const FILES = new Set(PAGES.map(({ file }) => file));

for (const { file, text } of PAGES) {
  Deno.test(`the links of ${file} lead somewhere`, async () => {
    const links = [...withoutCode(text).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)];
    const broken: string[] = [];
    for (const [, link = ""] of links) {
      if (!await leadsSomewhere(file, text, link)) broken.push(link);
    }
    assertEquals(broken, []);
  });

  Deno.test(`the configs of ${file} load`, async () => {
    for (const { line, text: yaml } of configsOf(file, text)) {
      // Parts of a file, fallback targets included, stand for the whole.
      const whole = /^targets:/m.test(yaml) ? yaml : `${yaml}\n${plainConfig()}`;
      const names = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, "value"]);
      const files = [...yaml.matchAll(/\$\{file:([^}]+)\}/g)].map(([, name]) => [name, "value"]);
      const sources = { env: Object.fromEntries(names), files: Object.fromEntries(files) };
      assertEquals(await problemsOf(whole, sources), "", `${file}:${line}`);
    }
  });
}

Deno.test("README.md leads to every page", () => {
  const readme = PAGES.find(({ file }) => file === "README.md")?.text ?? "";
  assertEquals([...FILES].filter((file) => file !== "README.md" && !readme.includes(file)), []);
});

function configsOf(file: string, page: string) {
  return readBlocks(file, page).filter(({ language, text }) => {
    if (language !== "yaml") return false;
    const value: unknown = parse(text);
    // A manifest of Kubernetes, for one, is no config.
    return isObject(value) && !("apiVersion" in value);
  });
}

function withoutCode(page: string): string {
  return page.replaceAll(/^(`{3,})[^]*?^\1$/gm, "").replaceAll(/`[^`\n]*`/g, "");
}

async function leadsSomewhere(file: string, page: string, link: string): Promise<boolean> {
  const [path = "", anchor] = link.split("#");
  const url = new URL(path === "" ? file.replace(/.*\//, "") : path, new URL(file, ROOT));
  const text = path === "" ? page : await Deno.readTextFile(url).catch(() => undefined);
  if (text === undefined) return await Deno.stat(url).then(() => true, () => false);
  return anchor === undefined || anchorsOf(text).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-")
  );
}
