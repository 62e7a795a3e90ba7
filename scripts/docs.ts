/** Writes the tables that are made of the source into the pages of docs/; then run the formatter. */
import { fillTables, PAGES } from "./doc_tables.ts";

for (const path of PAGES) {
  const file = new URL(`../${path}`, import.meta.url);
  await Deno.writeTextFile(file, fillTables(await Deno.readTextFile(file)));
}
