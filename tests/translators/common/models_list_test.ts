import { assertEquals } from "@std/assert";
import { readModels } from "../../../src/translators/common/models_list.ts";

const NONE = { displayName: undefined, createdAt: undefined, contextWindow: undefined };

const CASES: { name: string; body: unknown; want: unknown[] }[] = [
  {
    name: "OpenAI's list",
    body: { object: "list", data: [{ id: "a", created: 0 }, { id: "b", created: 1700000000 }] },
    want: [
      { ...NONE, id: "a", createdAt: "1970-01-01T00:00:00.000Z" },
      { ...NONE, id: "b", createdAt: "2023-11-14T22:13:20.000Z" },
    ],
  },
  {
    name: "OpenRouter's names and windows",
    body: { data: [{ id: "a/b", name: "A: B", context_length: 200000 }] },
    want: [{ ...NONE, id: "a/b", displayName: "A: B", contextWindow: 200000 }],
  },
  { name: "a bare array", body: [{ id: "a" }], want: [{ ...NONE, id: "a" }] },
  {
    name: "models by name and slug",
    body: { models: [{ name: "n" }, { slug: "s", context_window: 5 }] },
    want: [{ ...NONE, id: "n", displayName: "n" }, { ...NONE, id: "s", contextWindow: 5 }],
  },
  {
    name: "a window under vLLM's name",
    body: [{ id: "a", max_model_len: 9 }],
    want: [{ ...NONE, id: "a", contextWindow: 9 }],
  },
  { name: "entries that are none", body: { data: [null, 1, {}, { id: "" }] }, want: [] },
  {
    name: "times that are none",
    body: [{ id: "a", created: Infinity }, { id: "b", created: "x" }],
    want: [{ ...NONE, id: "a" }, { ...NONE, id: "b" }],
  },
  { name: "no list", body: { data: "x" }, want: [] },
  { name: "no object", body: null, want: [] },
];

for (const { name, body, want } of CASES) {
  Deno.test(`readModels() reads ${name}`, () => {
    assertEquals<unknown>(readModels(body), want);
  });
}

Deno.test("readModels() takes the largest date that there is for one that is too large", () => {
  const [model] = readModels([{ id: "a", created: 1e300 }]);
  assertEquals(model?.createdAt?.startsWith("+"), true);
});
