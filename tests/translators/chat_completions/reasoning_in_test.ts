import { assert, assertEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import type { Quirks } from "../../../src/profiles/schema.ts";
import { chatCompletions } from "../../../src/translators/chat_completions/mod.ts";
import { calls, chatAnswer, chunk, finish } from "../../support/chat_answer.ts";
import { type TargetOptions, testTurn } from "../../support/turn.ts";

const CALL = { index: 0, id: "call_1", function: { name: "find", arguments: "{}" } };
const OPENROUTER = { baseUrl: "https://openrouter.ai/api/v1", model: "anthropic/claude-x" };
const GEMINI = { baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai", model: "g" };
const RESULT = { type: "tool_result", tool_use_id: "call_1", content: "found" };

/** What the assistant message of the next turn carries, in the same target or another one. */
function echo(
  target: TargetOptions,
  content: readonly unknown[],
  last: unknown = [RESULT],
): JsonObject {
  const turn = testTurn({
    ...target,
    request: {
      thinking: { type: "adaptive" },
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content },
        { role: "user", content: last },
      ],
    },
  });
  const messages = chatCompletions.translateRequest(turn).body.messages as JsonObject[];
  const message = messages.find(({ role }) => role === "assistant");
  assert(message);
  return message;
}

/** The content of an answer at a target. */
function answered(
  target: TargetOptions,
  chunks: readonly JsonObject[],
  display?: string,
): readonly JsonObject[] {
  const thinking = { type: "adaptive", ...(display ? { display } : {}) };
  return chatAnswer(testTurn({ ...target, request: { thinking } }), chunks).content;
}

const TEXT_KINDS: {
  name: string;
  quirks: Quirks;
  delta: JsonObject;
  want: JsonObject;
}[] = [
  {
    name: "reasoning_content comes back in reasoning_content",
    quirks: { reasoning_in: "optional", reasoning_field: "reasoning" },
    delta: { reasoning_content: "hm" },
    want: { role: "assistant", content: null, reasoning_content: "hm" },
  },
  {
    name: "reasoning comes back in reasoning",
    quirks: { reasoning_in: "optional" },
    delta: { reasoning: "hm" },
    want: { role: "assistant", content: null, reasoning: "hm" },
  },
  {
    name: "all of it comes back where all is wanted",
    quirks: { reasoning_in: "all" },
    delta: { reasoning_content: "hm" },
    want: { role: "assistant", content: null, reasoning_content: "hm" },
  },
  {
    name: "reasoning comes back in tags",
    quirks: { reasoning_in: "think_tag" },
    delta: { reasoning: "hm" },
    want: { role: "assistant", content: "<think>\nhm\n</think>\n\n" },
  },
  {
    name: "reasoning in parts comes back as a part",
    quirks: { reasoning_in: "parts" },
    delta: { content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] },
    want: {
      role: "assistant",
      content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }],
    },
  },
  {
    name: "nothing comes back where none is wanted",
    quirks: { reasoning_in: "none" },
    delta: { reasoning_content: "hm" },
    want: { role: "assistant", content: null },
  },
];

for (const { name, quirks, delta, want } of TEXT_KINDS) {
  for (const display of [undefined, "omitted", "updates"]) {
    // Demands rows 9 and 10.
    Deno.test(`echoReasoning() round trip, display ${display}: ${name}`, () => {
      const content = answered(
        { quirks },
        [chunk(delta), calls(CALL), finish("tool_calls")],
        display,
      );
      assertEquals(content[0]?.thinking, display ? "" : "hm");
      const { tool_calls: _, ...message } = echo({ quirks }, content);
      assertEquals(message, want);
    });
  }
}

Deno.test("echoReasoning() round trip: reasoning_details come back verbatim", () => {
  const content = answered(OPENROUTER, [
    chunk({
      reasoning: "a",
      reasoning_details: [{ type: "reasoning.text", text: "a", index: 0, format: "f", id: null }],
    }),
    chunk({
      reasoning_details: [
        { type: "reasoning.text", text: "b", index: 0 },
        { type: "reasoning.text", signature: "S", index: 0 },
      ],
    }),
    chunk({ reasoning_details: [{ type: "reasoning.encrypted", data: "E1", id: "x", index: 1 }] }),
    chunk({ reasoning_details: [{ type: "reasoning.encrypted", data: "E2", id: "y", index: 1 }] }),
    calls(CALL),
    finish("tool_calls"),
  ]);
  assertEquals(content.map(({ type }) => type), ["thinking", "tool_use"]);
  assertEquals(echo(OPENROUTER, content).reasoning_details, [
    { type: "reasoning.text", text: "ab", index: 0, format: "f", id: null, signature: "S" },
    { type: "reasoning.encrypted", data: "E1", id: "x", index: 1 },
    { type: "reasoning.encrypted", data: "E2", id: "y", index: 1 },
  ]);
});

Deno.test("echoReasoning() round trip: entries of one list stay apart", () => {
  const details = [
    { type: "reasoning.summary", summary: "a" },
    { type: "reasoning.summary", summary: "b" },
  ];
  const content = answered(OPENROUTER, [
    chunk({ reasoning_details: details }),
    calls(CALL),
    finish(),
  ]);
  assertEquals(content[0]?.thinking, "ab");
  assertEquals(echo(OPENROUTER, content).reasoning_details, details);
});

Deno.test("echoReasoning() round trip: encrypted details have a block of their own", () => {
  const details = [{ type: "reasoning.encrypted", data: "E", index: 0 }];
  const before = answered(OPENROUTER, [
    chunk({ reasoning_details: details }),
    calls(CALL),
    finish(),
  ]);
  const behind = answered(OPENROUTER, [
    calls(CALL),
    chunk({ reasoning_details: details }),
    finish(),
  ]);
  assertEquals(before.map(({ type }) => type), ["redacted_thinking", "tool_use"]);
  assertEquals(behind.map(({ type }) => type), ["tool_use", "redacted_thinking"]);
  for (const content of [before, behind]) {
    assertEquals(echo(OPENROUTER, content).reasoning_details, details);
  }
});

Deno.test("echoReasoning() round trip: thought signatures come back with their calls (demands row 11)", () => {
  const signed = (index: number, signature: string) => ({
    ...CALL,
    index,
    id: `call_${index}`,
    extra_content: { google: { thought_signature: signature } },
  });
  const content = answered(GEMINI, [calls(signed(1, "S1")), calls(signed(2, "S2")), finish()]);
  assertEquals(
    content.map(({ type }) => type),
    ["redacted_thinking", "tool_use", "redacted_thinking", "tool_use"],
  );
  const sent = echo(GEMINI, content).tool_calls as JsonObject[];
  assertEquals(sent.map(({ extra_content }) => extra_content), [
    { google: { thought_signature: "S1" } },
    { google: { thought_signature: "S2" } },
  ]);
});

Deno.test("echoReasoning() keeps a thought signature that comes late", () => {
  const late = { index: 0, extra_content: { google: { thought_signature: "S" } } };
  const content = answered(GEMINI, [calls(CALL), calls(late), finish()]);
  const [call] = echo(GEMINI, content).tool_calls as JsonObject[];
  assertEquals(call?.extra_content, { google: { thought_signature: "S" } });
});

Deno.test("echoReasoning() puts the documented stand-in for a lost signature on the first call only", () => {
  const use = (id: string) => ({ type: "tool_use", id, name: "find", input: {} });
  const results = ["a", "b"].map((id) => ({ ...RESULT, tool_use_id: id }));
  const sent = echo(GEMINI, [use("a"), use("b")], results).tool_calls as JsonObject[];
  assertEquals(sent.map(({ extra_content }) => extra_content), [
    { google: { thought_signature: "skip_thought_signature_validator" } },
    undefined,
  ]);
});

Deno.test("echoReasoning() treats an edited text as text only", () => {
  const details = [{ type: "reasoning.text", text: "hm", index: 0, signature: "S" }];
  const content = answered(OPENROUTER, [
    chunk({ reasoning_details: details }),
    calls(CALL),
    finish(),
  ]);
  const edited = content.map((block) =>
    block.type === "thinking" ? { ...block, thinking: "changed" } : block
  );
  const message = echo(OPENROUTER, edited);
  assertEquals([message.reasoning_details, message.reasoning], [undefined, "changed"]);
});

const FOREIGN: { name: string; block: JsonObject }[] = [
  {
    name: "Claude's own signature",
    block: { type: "thinking", thinking: "hm", signature: "EqQB" },
  },
  { name: "no signature", block: { type: "thinking", thinking: "hm" } },
  {
    name: "an envelope that is broken",
    block: { type: "thinking", thinking: "hm", signature: "sy1.@@@" },
  },
  {
    name: "an envelope of another target",
    block:
      answered({ baseUrl: "https://other.test/v1" }, [chunk({ reasoning: "hm" }), finish()])[0] ??
        {},
  },
];

for (const { name, block } of FOREIGN) {
  const use = { type: "tool_use", id: "call_1", name: "find", input: {} };
  // Demands rows 7 and 8.
  Deno.test(`echoReasoning() of thinking with ${name} sends its text only where one is required`, () => {
    const sent = (reasoning_in: "all" | "tool_turns" | "optional" | "details" | "think_tag") => {
      const message = echo({ quirks: { reasoning_in } }, [block, use]);
      return message.reasoning_content ?? message.reasoning ?? message.content;
    };
    assertEquals([sent("all"), sent("tool_turns")], ["hm", "hm"]);
    assertEquals([sent("optional"), sent("details"), sent("think_tag")], [null, null, null]);
  });
}

Deno.test("echoReasoning() fills in an empty text where a provider insists on one", () => {
  const use = { type: "tool_use", id: "call_1", name: "find", input: {} };
  const field = (reasoning_in: "all" | "tool_turns" | "optional", last: unknown) =>
    echo({ quirks: { reasoning_in } }, [{ type: "text", text: "Yes." }, use], last)
      .reasoning_content;
  const inLoop = [RESULT, { type: "text", text: "<system-reminder>x</system-reminder>" }];
  assertEquals([field("all", inLoop), field("tool_turns", inLoop)], ["", ""]);
  assertEquals(field("optional", inLoop), undefined);
});

Deno.test("echoReasoning() asks for nothing before the user last spoke", () => {
  const field = (reasoning_in: "all" | "tool_turns") =>
    echo({ quirks: { reasoning_in } }, [{ type: "text", text: "Yes." }], "And now?")
      .reasoning_content;
  assertEquals([field("all"), field("tool_turns")], ["", undefined]);
});

Deno.test("echoReasoning() joins several thinking blocks of one message", () => {
  const blocks = ["a", "b"].map((thinking) => ({ type: "thinking", thinking, signature: "x" }));
  const message = echo({ quirks: { reasoning_in: "all" } }, [...blocks, {
    type: "text",
    text: "Yes.",
  }]);
  assertEquals(message.reasoning_content, "a\nb");
});

Deno.test("echoReasoning() takes no field name from the client that is none", () => {
  const envelope = JSON.stringify({
    k: "rc",
    p: "x",
    m: "m",
    d: { f: "__proto__", t: "hidden" },
  });
  const data = `sy1.${btoa(envelope).replace(/=+$/, "")}`;
  const message = echo({ quirks: { reasoning_in: "all" } }, [
    { type: "redacted_thinking", data },
    { type: "text", text: "Yes." },
  ]);
  assertEquals(message, { role: "assistant", content: "Yes.", reasoning_content: "" });
});
