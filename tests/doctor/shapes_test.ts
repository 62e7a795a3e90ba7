import { assert, assertEquals } from "@std/assert";
import { parseMessagesRequest } from "../../src/anthropic/request_guard.ts";
import { costOf, pickShapes, SHAPES } from "../../src/doctor/shapes.ts";
import { readPages } from "../support/doc_pages.ts";

for (const { name, body, path, messages } of SHAPES) {
  Deno.test(`the shape ${name} is a request that the gateway takes`, () => {
    const filled = messages ? { ...body, messages: [{ role: "user", content: "x" }] } : body;
    const request = parseMessagesRequest(JSON.stringify({ model: "m", ...filled }), {
      countTokens: path !== undefined,
    });
    assertEquals(request.model, "m");
  });
}

Deno.test("SHAPES have names of their own, and docs/doctor.md explains each", async () => {
  const names = SHAPES.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  const page = (await readPages()).find(({ file }) => file === "docs/doctor.md")?.text ?? "";
  const table = page.slice(page.indexOf("## The shapes"));
  const rows = [...table.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name);
  assertEquals(rows, names);
});

Deno.test("pickShapes() keeps the order, adds what is needed and tells what is unknown", () => {
  const { shapes, unknown } = pickShapes(["thinking_replay", "stream", "nothing"]);
  assertEquals(shapes.map(({ name }) => name), ["stream", "thinking", "thinking_replay"]);
  assertEquals(unknown, ["nothing"]);
});

Deno.test("costOf() is mostly the large prompt's, which is 100 KB", () => {
  const large = pickShapes(["large_prompt"]).shapes;
  const size = JSON.stringify(large[0]?.body).length;
  assert(size > 100 * 1024 && size < 110 * 1024, String(size));
  const { requests, inputTokens, maxOutputTokens } = costOf(SHAPES);
  assertEquals(requests, SHAPES.length);
  assert(inputTokens < 35_000, String(inputTokens));
  assert(maxOutputTokens < 30_000, String(maxOutputTokens));
});
