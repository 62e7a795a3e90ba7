import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type {
  ContentBlockParam,
  MessageParam,
  ToolResultBlock,
  ToolUseBlock,
} from "../../../src/anthropic/request.ts";
import { type RepairedMessage, repairHistory } from "../../../src/translators/common/history.ts";

const IMAGE = { type: "image", source: { type: "url", url: "https://x" } } as const;
const NO_RESULT = "[no result: the call was interrupted]";

const CASES: { name: string; input: MessageParam[]; want: string[] }[] = [
  {
    name: "keeps plain messages",
    input: [user("a"), assistant("b")],
    want: ["user a", "assistant b"],
  },
  {
    name: "drops empty blocks and messages",
    input: [user(""), user([text(" \n"), text("a")]), assistant([]), assistant([thinking("")])],
    want: ["user a"],
  },
  {
    name: "keeps thinking without text if it is signed",
    input: [assistant([{ ...thinking(""), signature: "s" }])],
    want: ["assistant thinking"],
  },
  {
    name: "puts results first, in the order of their calls",
    input: [assistant([call("a"), call("b")]), user([text("x"), result("b"), result("a")])],
    want: ["assistant call:a call:b", "user result:a=ok result:b=ok x"],
  },
  {
    name: "makes up a result that is missing",
    input: [assistant([call("a"), call("b")]), user([result("a")])],
    want: ["assistant call:a call:b", `user result:a=ok result:b=!${NO_RESULT}`],
  },
  {
    name: "makes up results at the end",
    input: [user("x"), assistant([call("a")])],
    want: ["user x", "assistant call:a", `user result:a=!${NO_RESULT}`],
  },
  {
    name: "keeps the last of several results",
    input: [assistant([call("a")]), user([result("a", "1"), result("a", "2")])],
    want: ["assistant call:a", "user result:a=2"],
  },
  {
    name: "makes a result without a call text",
    input: [user([result("z", "1"), text("x")])],
    want: ["user Tool result (z): 1 x"],
  },
  {
    name: "keeps the images of a result without a call",
    input: [user([{ ...result("z"), content: [text("1"), IMAGE], is_error: true }])],
    want: ["user Tool result (z): Error: 1 image"],
  },
  {
    name: "makes a late result text",
    input: [assistant([call("a")]), user("x"), assistant("y"), user([result("a")])],
    want: [
      "assistant call:a",
      `user result:a=!${NO_RESULT} x`,
      "assistant y",
      "user Tool result (a): ok",
    ],
  },
  {
    name: "collects results from several user messages",
    input: [assistant([call("a"), call("b")]), user([result("b"), text("x")]), user([result("a")])],
    want: ["assistant call:a call:b", "user result:a=ok result:b=ok x"],
  },
  {
    name: "moves a system message behind the results",
    input: [assistant([call("a")]), system("s"), user([result("a"), text("x")])],
    want: ["assistant call:a", "user result:a=ok", "system s", "user x"],
  },
  {
    name: "answers each of several assistant messages at once",
    input: [assistant([call("a")]), assistant([call("b")]), user([result("a"), result("b")])],
    want: ["assistant call:a", "user result:a=ok", "assistant call:b", "user result:b=ok"],
  },
  {
    name: "renames calls that share an id with an earlier one",
    input: [
      assistant([call("a")]),
      user([result("a", "1")]),
      assistant([call("a")]),
      user([result("a", "2")]),
      assistant([call("a_2")]),
      user([result("a_2", "3")]),
    ],
    want: [
      "assistant call:a",
      "user result:a=1",
      "assistant call:a_2",
      "user result:a_2=2",
      "assistant call:a_2_2",
      "user result:a_2_2=3",
    ],
  },
  {
    name: "answers calls of one message that share an id in order",
    input: [assistant([call("a"), call("a")]), user([result("a", "1"), result("a", "2")])],
    want: ["assistant call:a call:a_2", "user result:a=1 result:a_2=2"],
  },
  {
    name: "puts misplaced calls and results in words",
    input: [user([call("a")]), assistant([result("a")]), user([thinking("t")])],
    want: ["user Tool call (a): t {}", "assistant Tool result (a): ok"],
  },
  {
    name: "drops bookkeeping and changes of the tool list",
    input: [system([other("tool_addition")]), assistant([other("fallback"), text("x")])],
    want: ["assistant x"],
  },
  {
    name: "drops a system message that has been cleared",
    input: [
      { ...system("old"), clear_at: "next_user_message" },
      user("x"),
      { ...system("new"), clear_at: "next_user_message" },
    ],
    want: ["user x", "system new"],
  },
  {
    name: "takes a system message without content",
    input: [effortOnly(), user("x")],
    want: ["user x"],
  },
];

for (const { name, input, want } of CASES) {
  Deno.test(`repairHistory() ${name}`, () => {
    const before = structuredClone(input);
    assertEquals(repairHistory(input).map(line), want);
    assertEquals(input, before);
  });
}

Deno.test("repairHistory() says where each block stood", () => {
  const repaired = repairHistory([
    user("a"),
    assistant([text(""), call("a")]),
    user([result("a"), { ...result("z"), content: [IMAGE] }]),
  ]);
  assertEquals(repaired.flatMap(({ content }) => content.map(({ path }) => path)), [
    "messages.0.content",
    "messages.1.content.1",
    "messages.2.content.0",
    "messages.2.content.1",
    "messages.2.content.1.content.0",
  ]);
});

Deno.test("repairHistory() names the client's id of a renamed call", () => {
  const repaired = repairHistory([assistant([call("a"), call("a")])]);
  const [message] = repaired;
  assertEquals(message?.content.map(({ renamedFrom }) => renamedFrom), [undefined, "a"]);
});

const CURRENT: { name: string; input: MessageParam[]; want: boolean[] }[] = [
  { name: "everything in a first turn", input: [user("a"), user("b")], want: [true, true] },
  {
    name: "what follows the last assistant message",
    input: [user("a"), assistant("b"), system("s"), user("c")],
    want: [false, false, true, true],
  },
  {
    name: "what stands before a prefill",
    input: [user("a"), assistant("b"), user("c"), assistant("d")],
    want: [false, false, true, true],
  },
];

for (const { name, input, want } of CURRENT) {
  Deno.test(`repairHistory() counts as current ${name}`, () => {
    assertEquals(repairHistory(input).map(({ current }) => current), want);
  });
}

Deno.test("repairHistory() pairs every call with one result right behind it", () => {
  const id = fc.constantFrom("a", "b", "c", "a_2");
  const block = fc.oneof(
    fc.constantFrom<ContentBlockParam>(text("x"), text(""), thinking("t"), IMAGE),
    id.map((each) => call(each)),
    fc.tuple(id, fc.string()).map(([each, content]) => result(each, content)),
  );
  const message = fc.record({
    role: fc.constantFrom("user" as const, "assistant" as const, "system" as const),
    content: fc.oneof(fc.string(), fc.array(block, { maxLength: 4 })),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 10 }), (messages) => {
      assertPaired(repairHistory(messages));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("repairHistory() takes 100,000 messages", () => {
  const messages = Array.from({ length: 50_000 }, (_, index) => [
    assistant([text("x"), call(`call_${index % 7}`)]),
    user([result(`call_${index % 7}`)]),
  ]).flat();
  assertEquals(repairHistory(messages).length, 100_000);
});

function assertPaired(repaired: readonly RepairedMessage[]): void {
  const seen = new Set<string>();
  repaired.forEach(({ role, content }, index) => {
    assert(content.length > 0);
    const calls = content.map(({ block }) => block).filter((block) => block.type === "tool_use");
    const results = content.map(({ block }) => block)
      .filter((block) => block.type === "tool_result");
    assert(calls.length === 0 || role === "assistant");
    assert(results.length === 0 || role === "user");
    for (const { id } of calls) {
      assert(!seen.has(id));
      seen.add(id);
    }
    const next = repaired[index + 1]?.content.map(({ block }) => block) ?? [];
    const answered = next.filter((block) => block.type === "tool_result");
    assertEquals(answered.map((block) => block.tool_use_id), calls.map((block) => block.id));
    assert(next.slice(0, answered.length).every((block) => block.type === "tool_result"));
  });
}

/** A message as one line of words. */
function line({ role, content }: RepairedMessage): string {
  return [role, ...content.map(({ block }) => word(block))].join(" ");
}

function word(block: ContentBlockParam): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "tool_use":
      return `call:${block.id}`;
    case "tool_result":
      return `result:${block.tool_use_id}=${block.is_error ? "!" : ""}${block.content}`;
    default:
      return block.type;
  }
}

function user(content: MessageParam["content"]): MessageParam {
  return { role: "user", content };
}

function assistant(content: MessageParam["content"]): MessageParam {
  return { role: "assistant", content };
}

function system(content: MessageParam["content"]): MessageParam {
  return { role: "system", content };
}

function text(content: string): ContentBlockParam {
  return { type: "text", text: content };
}

function thinking(content: string): ContentBlockParam & { readonly type: "thinking" } {
  return { type: "thinking", thinking: content };
}

function call(id: string): ToolUseBlock {
  return { type: "tool_use", id, name: "t", input: {} };
}

function result(id: string, content = "ok"): ToolResultBlock {
  return { type: "tool_result", tool_use_id: id, content };
}

/** A block of a type that has no type of its own here. */
function other(type: string): ContentBlockParam {
  return { type } as ContentBlockParam;
}

/** Legal at Anthropic, though the type says that every message has content. */
function effortOnly(): MessageParam {
  return { role: "system", output_config: { effort: "low" } } as unknown as MessageParam;
}
