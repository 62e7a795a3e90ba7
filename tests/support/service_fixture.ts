import { assertEquals } from "@std/assert";

/** Compares with a file of tests/fixtures/service; `UPDATE_FIXTURES=1` writes it instead. */
export async function assertFixture(name: string, text: string): Promise<void> {
  const url = new URL(`../fixtures/service/${name}`, import.meta.url);
  if (Deno.env.get("UPDATE_FIXTURES") === "1") await Deno.writeTextFile(url, text);
  assertEquals(text, await Deno.readTextFile(url));
}
