import { assertEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import { limitMarkers } from "../../../src/translators/chat_completions/cache_markers.ts";
import type { ChatMessage } from "../../../src/translators/chat_completions/wire.ts";

const MARK = { cache_control: { type: "ephemeral" } };

function message(...marked: readonly boolean[]): ChatMessage {
  return {
    role: "user",
    content: marked.map((isMarked) => ({ type: "text", text: "x", ...(isMarked ? MARK : {}) })),
  };
}

function tool(isMarked: boolean): JsonObject {
  return { type: "function", ...(isMarked ? MARK : {}) };
}

const CASES: {
  name: string;
  tools: boolean[];
  messages: boolean[][];
  want: [boolean[], boolean[][]];
}[] = [
  {
    name: "keeps four",
    tools: [true],
    messages: [[true, false], [true], [true]],
    want: [[true], [[true, false], [true], [true]]],
  },
  {
    name: "drops the first of five in the messages",
    tools: [],
    messages: [[true, true], [true], [true, true]],
    want: [[], [[false, true], [true], [true, true]]],
  },
  {
    name: "drops those of tools first, the first tool's before the last's",
    tools: [true, false, true],
    messages: [[true], [true], [true]],
    want: [[false, false, true], [[true], [true], [true]]],
  },
  {
    name: "drops all of the tools where the messages have four",
    tools: [true, true],
    messages: [[true, true, true, true]],
    want: [[false, false], [[true, true, true, true]]],
  },
];

for (const { name, tools, messages, want } of CASES) {
  Deno.test(`limitMarkers() ${name}`, () => {
    const limited = limitMarkers({
      tools: tools.map(tool),
      messages: [{ role: "system", content: "plain" }, ...messages.map((all) => message(...all))],
    });
    assertEquals(limited, {
      tools: want[0].map(tool),
      messages: [{ role: "system", content: "plain" }, ...want[1].map((all) => message(...all))],
    });
  });
}
