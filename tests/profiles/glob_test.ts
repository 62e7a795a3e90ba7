import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { compileGlob, compileGlobs } from "../../src/profiles/glob.ts";

const CASES: { pattern: string; text: string; want: boolean }[] = [
  { pattern: "claude-haiku-*", text: "claude-haiku-4-5", want: true },
  { pattern: "claude-haiku-*", text: "claude-haiku-", want: true },
  { pattern: "claude-haiku-*", text: "claude-haiku", want: false },
  { pattern: "claude-haiku-*", text: "x-claude-haiku-4", want: false },
  { pattern: "*haiku*", text: "claude-haiku-4", want: true },
  { pattern: "*haiku*", text: "haiku", want: true },
  { pattern: "gpt-5.?*", text: "gpt-5.1", want: true },
  { pattern: "gpt-5.?*", text: "gpt-5.", want: false },
  { pattern: "gpt-5", text: "gpt-5", want: true },
  { pattern: "gpt-5", text: "gpt-51", want: false },
  { pattern: "gpt-5", text: "gpt.5", want: false },
  { pattern: "GPT-*", text: "gpt-5", want: true },
  { pattern: "gpt-*", text: "GPT-5", want: true },
  { pattern: "*", text: "", want: true },
  { pattern: "?", text: "", want: false },
  { pattern: "", text: "", want: true },
  { pattern: "", text: "a", want: false },
  { pattern: "a**b", text: "axxb", want: true },
  { pattern: "a*b*c", text: "abbbcbc", want: true },
  { pattern: "a*b*c", text: "abbbcb", want: false },
  { pattern: "[::1]:11434/*", text: "[::1]:11434/v1", want: true },
  { pattern: "a.b", text: "axb", want: false },
];

for (const { pattern, text, want } of CASES) {
  Deno.test(`compileGlob() of '${pattern}' says ${want} to '${text}'`, () => {
    assertEquals(compileGlob(pattern)(text), want);
  });
}

Deno.test("compileGlob() agrees with the definition of a glob", () => {
  const letters = (alphabet: string) =>
    fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((parts) => parts.join(""));
  fc.assert(fc.property(letters("ab*?"), letters("ab"), (pattern, text) => {
    assertEquals(compileGlob(pattern)(text), matchesByDefinition(pattern, text));
  }));
});

Deno.test("compileGlob() takes a long hostile name in its stride", () => {
  const matches = compileGlob(`${"a*".repeat(20)}b`);
  assertEquals(matches("a".repeat(100_000)), false);
});

Deno.test("compileGlobs() wants one of several", () => {
  const matches = compileGlobs(["o1*", "o3*"]);
  assert(matches("o3-mini"));
  assert(!matches("o4-mini"));
  assert(!compileGlobs([])("anything"));
});

function matchesByDefinition(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  const [head, rest] = [pattern[0], pattern.slice(1)];
  if (head === "*") {
    return matchesByDefinition(rest, text) ||
      (text !== "" && matchesByDefinition(pattern, text.slice(1)));
  }
  return text !== "" && (head === "?" || head === text[0]) &&
    matchesByDefinition(rest, text.slice(1));
}
