import { assertEquals } from "@std/assert";
import { ThinkTags } from "../../../src/translators/chat_completions/think_tags.ts";

const CASES: { name: string; content: string; want: [thinking: string, text: string] }[] = [
  { name: "a pair of tags", content: "<think>hm</think>Hi", want: ["hm", "Hi"] },
  {
    name: "line breaks around",
    content: "\n<think>\nhm\n</think>\n\nHi\n",
    want: ["hm\n", "Hi\n"],
  },
  { name: "a stray closing tag", content: "</think>\n\nHi", want: ["", "Hi"] },
  { name: "no tag", content: "Hi <think>no</think>", want: ["", "Hi <think>no</think>"] },
  { name: "leading blanks and no tag", content: "  Hi", want: ["", "  Hi"] },
  { name: "a tag that never closes", content: "<think>hm", want: ["hm", ""] },
  { name: "a tag that is cut", content: "<thi", want: ["", "<thi"] },
  {
    name: "something like a closing tag",
    content: "<think>a</thin>b</think>c",
    want: ["a</thin>b", "c"],
  },
  {
    name: "a second pair",
    content: "<think>a</think>b<think>c</think>",
    want: ["a", "b<think>c</think>"],
  },
  { name: "an empty pair", content: "<think></think>Hi", want: ["", "Hi"] },
  { name: "comparisons", content: "<think>1 < 2 <</think>yes", want: ["1 < 2 <", "yes"] },
  { name: "nothing", content: "", want: ["", ""] },
];

for (const { name, content, want } of CASES) {
  for (const size of [1, 2, 3, 7, 1000]) {
    Deno.test(`ThinkTags splits ${name} in pieces of ${size}`, () => {
      const tags = new ThinkTags();
      const parts: [string, string] = ["", ""];
      for (let at = 0; at < content.length; at += size) {
        const { thinking, text } = tags.push(content.slice(at, at + size));
        parts[0] += thinking;
        parts[1] += text;
      }
      const { thinking, text } = tags.flush();
      assertEquals([parts[0] + thinking, parts[1] + text], want);
    });
  }
}

Deno.test("ThinkTags hands reasoning on while it comes", () => {
  const tags = new ThinkTags();
  tags.push("<think>");
  assertEquals(tags.push("hm <"), { thinking: "hm ", text: "" });
  assertEquals(tags.holds, true);
});

Deno.test("ThinkTags looks for no tag once it was flushed", () => {
  const tags = new ThinkTags();
  tags.push("<");
  assertEquals(tags.flush(), { thinking: "", text: "<" });
  assertEquals(tags.push("think>"), { thinking: "", text: "think>" });
});
