import { assert, assertEquals, assertThrows } from "@std/assert";
import { fillTables, PAGES, tables, withoutPadding } from "../../scripts/doc_tables.ts";
import { CATALOG } from "../../src/profiles/catalog.ts";
import { MODE_NAMES } from "../../src/translators/registry.ts";
import { readPages } from "../support/doc_pages.ts";

const TEXTS = new Map((await readPages()).map(({ file, text }) => [file, text]));

for (const file of PAGES) {
  Deno.test(`the tables of ${file} are those of the source; else run: deno task docs`, () => {
    const page = TEXTS.get(file) ?? "";
    assertEquals(withoutPadding(page), withoutPadding(fillTables(page)));
  });
}

Deno.test("every table is on a page", () => {
  const pages = PAGES.map((file) => TEXTS.get(file)).join("\n");
  assertEquals([...tables().keys()].filter((name) => !pages.includes(`table: ${name} `)), []);
});

Deno.test("fillTables() refuses a table that there is not", () => {
  assertThrows(() => fillTables("<!-- table: x -->\n<!-- end -->"), Error, '"x"');
});

Deno.test("docs/modes.md names every mode and every provider", () => {
  const page = TEXTS.get("docs/modes.md") ?? "";
  const names = [...MODE_NAMES, ...CATALOG.flatMap((entry) => entry.names)];
  assert(names.length > 30);
  assertEquals(names.filter((name) => !page.includes(`\`${name}\``)), []);
});
