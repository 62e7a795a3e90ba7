import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UpstreamError, UpstreamProtocolError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/json.ts";
import type { Quirks } from "../../../src/profiles/schema.ts";
import { chatCompletions } from "../../../src/translators/chat_completions/mod.ts";
import { calls, chatAnswer, chunk, finish } from "../../support/chat_answer.ts";
import { replayWhole } from "../../support/replay.ts";
import { testTurn } from "../../support/turn.ts";

const CALL = { index: 0, id: "a", function: { name: "find", arguments: "{}" } };
const USAGE = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 };

interface Case {
  readonly name: string;
  readonly chunks: readonly (string | JsonObject)[];
  readonly want: readonly string[];
  readonly end?: string;
  readonly quirks?: Quirks;
  readonly done?: boolean;
}

const BLOCKS: readonly Case[] = [
  {
    // Demands row 17.
    name: "writes no block for empty and missing content",
    chunks: [
      chunk({ role: "assistant", content: "" }),
      chunk({ content: null }),
      chunk({}),
      finish(),
    ],
    want: [],
  },
  {
    name: "drops text that is only white space before a tool call",
    chunks: [chunk({ content: "\n\n" }), calls(CALL), finish("tool_calls")],
    want: ["find:{}"],
    end: "tool_use",
  },
  {
    // Demands row 16.
    name: "puts reasoning and text into blocks of their own",
    chunks: [
      chunk({ reasoning_content: "hm" }),
      chunk({ content: "Hi" }),
      chunk({ reasoning_content: "well" }),
      chunk({ content: "." }),
      finish(),
    ],
    want: ["thinking:hm", "text:Hi", "thinking:well", "text:."],
  },
  {
    name: "reads reasoning that comes with text in one delta before it",
    chunks: [chunk({ content: "Hi", reasoning: "hm" }), finish()],
    want: ["thinking:hm", "text:Hi"],
  },
  {
    name: "reads content parts",
    chunks: [
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] }),
      chunk({ content: [{ type: "thinking", thinking: "!" }, { type: "text", text: "Hi" }, 1] }),
      finish(),
    ],
    want: ["thinking:hm!", "text:Hi"],
  },
  {
    name: "reads thoughts that are marked by a flag",
    chunks: [
      chunk({ content: "hm", extra_content: { google: { thought: true } } }),
      chunk({ content: "Hi" }),
      finish(),
    ],
    want: ["thinking:hm", "text:Hi"],
  },
  {
    name: "passes over chunks without choices and over other choices",
    chunks: [
      { id: "", model: "", choices: [], prompt_filter_results: [] },
      { choices: [{ index: 1, delta: { content: "B" } }, { index: 0, delta: { content: "A" } }] },
      finish(),
    ],
    want: ["text:A"],
  },
  {
    name: "reads chunks that hold a message, and choices with a text",
    chunks: [
      { choices: [{ message: { content: "A" } }] },
      { choices: [{ text: "B", finish_reason: "stop" }] },
    ],
    want: ["text:AB"],
  },
  {
    name: "notes images and audio once",
    chunks: [
      chunk({ images: [{}] }),
      chunk({ images: [{}] }),
      chunk({ audio: {} }),
      chunk({ audio: {} }),
      finish(),
    ],
    want: [
      "text:[image omitted: not supported by the Messages API]" +
      "[audio omitted: not supported by the Messages API]",
    ],
  },
  {
    name: "splits think tags off where the profile says so",
    quirks: { think_tags: true },
    chunks: [chunk({ content: "<th" }), chunk({ content: "ink>hm</think>\n\nHi" }), finish()],
    want: ["thinking:hm", "text:Hi"],
  },
  {
    name: "writes a held tag as text before a tool call",
    quirks: { think_tags: true },
    chunks: [chunk({ content: "<thi" }), calls(CALL), finish("tool_calls")],
    want: ["text:<thi", "find:{}"],
    end: "tool_use",
  },
  {
    name: "leaves think tags in the text of other profiles",
    chunks: [chunk({ content: "<think>hm</think>" }), finish()],
    want: ["text:<think>hm</think>"],
  },
  {
    // Demands row 32.
    name: "joins a character whose halves come in two deltas",
    chunks: [
      '{"choices":[{"delta":{"content":"a\\ud83d"}}]}',
      '{"choices":[{"delta":{"content":"\\udc4bb"},"finish_reason":"stop"}]}',
    ],
    want: ["text:a👋b"],
  },
];

const ENDS: readonly Case[] = [
  {
    name: "stop after calls is tool_use",
    chunks: [calls(CALL), finish()],
    want: ["find:{}"],
    end: "tool_use",
  },
  {
    name: "tool_calls without a call is end_turn",
    chunks: [chunk({ content: "Hi" }), finish("tool_calls")],
    want: ["text:Hi"],
  },
  {
    name: "length beats tool calls",
    chunks: [calls(CALL), finish("length")],
    want: ["find:{}"],
    end: "max_tokens",
  },
  {
    name: "tool_calls beats a later stop",
    chunks: [calls(CALL), finish("tool_calls"), finish("stop")],
    want: ["find:{}"],
    end: "tool_use",
  },
  {
    name: "length beats an earlier stop",
    chunks: [chunk({ content: "Hi" }), finish("stop"), finish("length")],
    want: ["text:Hi"],
    end: "max_tokens",
  },
  {
    name: "a filter beats an earlier stop",
    chunks: [chunk({ content: "Hi" }), finish("stop"), finish("content_filter")],
    want: ["text:Hi"],
    end: "refusal",
  },
  {
    name: "a refusal text beats the length",
    chunks: [chunk({ refusal: "No." }), finish("length")],
    want: ["text:No."],
    end: "refusal",
  },
  {
    name: "an unknown reason ends the turn",
    chunks: [chunk({ content: "Hi" }), finish("because")],
    want: ["text:Hi"],
  },
  {
    name: "an unknown reason with calls is tool_use",
    chunks: [calls(CALL), finish("because")],
    want: ["find:{}"],
    end: "tool_use",
  },
  {
    name: "[DONE] without a reason ends an answer",
    chunks: [chunk({ content: "Hi" })],
    want: ["text:Hi"],
  },
  {
    name: "the end of the stream behind a reason ends an answer",
    chunks: [chunk({ content: "Hi" }), finish()],
    want: ["text:Hi"],
    done: false,
  },
  {
    name: "a context limit is told",
    chunks: [chunk({ content: "Hi" }), finish("model_length")],
    want: ["text:Hi"],
    end: "model_context_window_exceeded",
  },
  {
    // Demands row 14.
    name: "the end of the stream without a reason is an error",
    chunks: [chunk({ content: "Hi" })],
    want: ["text:Hi"],
    end: "api_error: The upstream closed the stream before it was complete",
    done: false,
  },
  {
    name: "the end of the stream without a reason ends an answer where the profile says so",
    chunks: [chunk({ content: "Hi" })],
    want: ["text:Hi"],
    quirks: { lenient_eof: true },
    done: false,
  },
  {
    name: "[DONE] alone is an error",
    chunks: [],
    want: [],
    end: "api_error: The upstream sent an empty answer",
  },
  {
    name: "nothing at all is an error",
    chunks: [],
    want: [],
    end: "api_error: The upstream sent an empty answer",
    done: false,
  },
  {
    name: "a network_error is an error",
    chunks: [chunk({ content: "Hi" }), finish("network_error")],
    want: ["text:Hi"],
    end: "api_error: target 'fast' stopped in the middle of its answer",
  },
  {
    name: "a lack of resources is an overload",
    chunks: [finish("insufficient_system_resource")],
    want: [],
    end: "overloaded_error: target 'fast' could not answer",
  },
  {
    name: "a malformed call is an error where nothing else came",
    chunks: [finish("function_call_filter: MALFORMED_FUNCTION_CALL")],
    want: [],
    end: "api_error: target 'fast' could not answer",
  },
  {
    name: "a malformed call behind text ends the turn",
    chunks: [chunk({ content: "Hi" }), finish("malformed_function_call")],
    want: ["text:Hi"],
  },
  {
    name: "an error chunk is an error",
    chunks: [chunk({ content: "Hi" }), { error: { message: "boom", code: 500 } }],
    want: ["text:Hi"],
    end: "api_error: fast: boom",
  },
  {
    name: "an error string is an error",
    chunks: [{ error: "Rate limit exceeded", code: "rate_limit_exceeded" }],
    want: [],
    end: "rate_limit_error: fast: Rate limit exceeded",
  },
  {
    name: "a chunk of type error is an error",
    chunks: [{ type: "error", message: "boom" }],
    want: [],
    end: "api_error: fast: boom",
  },
  {
    name: "an error in an array is an error",
    chunks: ['[{"error":{"code":503,"message":"busy"}}]'],
    want: [],
    end: "overloaded_error: fast: busy",
  },
  {
    name: "a bare code and message is an error",
    chunks: [{ code: "Throttling", message: "slow down" }],
    want: [],
    end: "rate_limit_error: fast: slow down",
  },
  {
    name: "an error behind a complete answer is passed over",
    chunks: [chunk({ content: "Hi" }), finish("length"), finish("length"), {
      error: { message: "Token limit reached" },
      usage: USAGE,
    }],
    want: ["text:Hi"],
    end: "max_tokens",
  },
  {
    name: "an error behind [DONE] is passed over",
    chunks: [chunk({ content: "Hi" }), "[DONE]", { error: { message: "late" } }],
    want: ["text:Hi"],
  },
  {
    name: "an error behind the reason error is the one that is told",
    chunks: [chunk({ content: "Hi" }), finish("error"), { error: { message: "provider died" } }],
    want: ["text:Hi"],
    end: "api_error: fast: provider died",
  },
  {
    name: "content behind [DONE] is passed over",
    chunks: [chunk({ content: "Hi" }), "[done]", chunk({ content: "more" })],
    want: ["text:Hi"],
  },
  {
    name: "one payload that is no JSON is passed over",
    chunks: ["garbage", chunk({ content: "Hi" }), finish()],
    want: ["text:Hi"],
  },
  {
    name: "payloads that are no JSON are passed over where others stand between them",
    chunks: [
      ...["a", "b", "c"].flatMap((garbage) => [chunk({ content: " " }), garbage]),
      chunk({ content: "Hi" }),
      finish(),
    ],
    want: ["text:   Hi"],
  },
  {
    name: "three payloads that are no JSON are an error",
    chunks: ["a", "b", "c", finish()],
    want: [],
    end: "api_error: The upstream's stream is not JSON",
  },
  {
    name: "a failed call that Groq reports is the model's fault",
    chunks: [chunk({ content: "Hi" }), {
      error: {
        message: "Failed to call a function",
        type: "invalid_request_error",
        code: "tool_use_failed",
        failed_generation: "<f>",
        status_code: 400,
      },
    }],
    want: ["text:Hi"],
    end: "api_error: fast: Failed to call a function",
  },
];

for (const { name, chunks, want, end = "end_turn", quirks = {}, done = true } of BLOCKS) {
  Deno.test(`ChatStream ${name}`, () => {
    const answer = chatAnswer(testTurn({ quirks }), chunks, { done });
    assertEquals([answer.blocks, answer.end], [want, end]);
  });
}

for (const { name, chunks, want, end = "end_turn", quirks = {}, done = true } of ENDS) {
  Deno.test(`ChatStream ends as mapped: ${name}`, () => {
    const answer = chatAnswer(testTurn({ quirks }), chunks, { done });
    assertEquals([answer.blocks, answer.end], [want, end]);
  });
}

const MATCHED: { name: string; quirks: Quirks; choice: JsonObject; want: unknown[] }[] = [
  {
    name: "vLLM's stop_reason",
    quirks: { matched_stop_field: "stop_reason" },
    choice: { stop_reason: "END" },
    want: ["stop_sequence", "END"],
  },
  {
    name: "SGLang's matched_stop",
    quirks: { matched_stop_field: "matched_stop" },
    choice: { matched_stop: "END" },
    want: ["stop_sequence", "END"],
  },
  {
    name: "a token id",
    quirks: { matched_stop_field: "matched_stop" },
    choice: { matched_stop: 151645 },
    want: ["end_turn", null],
  },
  {
    name: "the field of another profile",
    quirks: {},
    choice: { stop_reason: "END" },
    want: ["end_turn", null],
  },
];

for (const { name, quirks, choice, want } of MATCHED) {
  Deno.test(`ChatStream names the matched stop sequence as told: ${name}`, () => {
    const { message } = chatAnswer(testTurn({ quirks }), [
      chunk({ content: "Hi" }),
      { choices: [{ index: 0, delta: {}, finish_reason: "stop", ...choice }] },
    ]);
    assertEquals([message.stop_reason, message.stop_sequence], want);
  });
}

Deno.test("ChatStream cuts the text before an emulated stop sequence and forgets the rest", () => {
  const { blocks, message } = chatAnswer(
    testTurn(),
    [
      chunk({ content: "one EN" }),
      chunk({
        content: "D two",
        tool_calls: [{ ...CALL, function: { name: "f", arguments: "{" } }],
      }),
      finish("length"),
    ],
    { stops: ["END"] },
  );
  assertEquals(blocks, ["text:one "]);
  assertEquals([message.stop_reason, message.stop_sequence], ["stop_sequence", "END"]);
});

Deno.test("ChatStream reports tool_use though deferred text runs into a stop sequence", () => {
  const { blocks, message } = chatAnswer(
    testTurn(),
    [calls(CALL), chunk({ content: "then END of it" }), finish("tool_calls")],
    { stops: ["END"] },
  );
  assertEquals(blocks, ["find:{}", "text:then "]);
  assertEquals([message.stop_reason, message.stop_sequence], ["tool_use", null]);
});

Deno.test("ChatStream gives text back that only looked like a stop sequence", () => {
  const { blocks, end } = chatAnswer(
    testTurn(),
    [chunk({ content: "the EN" }), finish()],
    { stops: ["END"] },
  );
  assertEquals([blocks, end], [["text:the EN"], "end_turn"]);
});

Deno.test("ChatStream takes held text for an answer where [DONE] comes without a reason", () => {
  const { blocks, end } = chatAnswer(testTurn(), [chunk({ content: "EN" })], { stops: ["END"] });
  assertEquals([blocks, end], [["text:EN"], "end_turn"]);
});

Deno.test("ChatStream takes the last usage, and none that says nothing (demands row 26)", () => {
  const { message } = chatAnswer(testTurn(), [
    { ...chunk({ content: "Hi" }), usage: { prompt_tokens: 10, completion_tokens: 1 } },
    { ...finish(), usage: USAGE },
    { choices: [], usage: null },
    { choices: [], usage: {} },
  ]);
  const { input_tokens, output_tokens } = message.usage as JsonObject;
  assertEquals([input_tokens, output_tokens], [10, 4]);
});

Deno.test("ChatStream takes usage from x_groq, and from behind [DONE]", () => {
  for (const late of [{ x_groq: { usage: USAGE } }, { choices: [], usage: USAGE }]) {
    const { message } = chatAnswer(testTurn(), [
      chunk({ content: "Hi" }),
      finish(),
      "[DONE]",
      late,
    ]);
    assertEquals((message.usage as JsonObject).input_tokens, 10);
  }
});

Deno.test("ChatStream puts an estimate in the place of missing usage and says so", () => {
  const turn = testTurn();
  const { message } = chatAnswer(turn, [chunk({ content: "Hi" }), finish()]);
  const { input_tokens, output_tokens } = message.usage as JsonObject;
  assertEquals([input_tokens, output_tokens], [11, 7]);
  assertEquals(turn.warnings, ["the upstream sent no usage, so it was estimated"]);
});

Deno.test("ChatStream warns of what is odd about an answer", () => {
  const turn = testTurn();
  chatAnswer(turn, ["garbage", chunk({ content: "Hi" }), { ...finish("because"), usage: USAGE }]);
  assertEquals(turn.warnings, [
    "the upstream sent an event that is not JSON",
    "the upstream sent an unknown finish_reason",
  ]);
});

Deno.test("ChatStream tells what a refusal said", () => {
  const { message } = chatAnswer(testTurn(), [
    chunk({ refusal: "I can" }),
    chunk({ refusal: "not." }),
    finish(),
  ]);
  assertEquals(message.stop_details, {
    type: "refusal",
    category: null,
    explanation: "I cannot.",
  });
});

Deno.test("ChatStream shows the model name that the client asked for", () => {
  const turn = testTurn({ request: { model: "claude-opus-4-1[1m]" } });
  const { message } = chatAnswer(turn, [{ ...chunk({ content: "Hi" }), model: "x" }, finish()]);
  assertEquals(message.model, "claude-opus-4-1[1m]");
});

const WHOLE_FAILURES: { name: string; body: unknown; want: string }[] = [
  { name: "a body that is no object", body: "x", want: "The upstream's answer is not an object" },
  { name: "no choices", body: { choices: [] }, want: "The upstream sent an empty answer" },
  {
    name: "an error with status 200",
    body: { error: { code: "1302", message: "busy" } },
    want: "fast: busy",
  },
];

for (const { name, body, want } of WHOLE_FAILURES) {
  Deno.test(`pushWhole() throws for ${name}`, () => {
    const turn = testTurn({ request: { stream: false } });
    const error = assertThrows(() => replayWhole({ turn, translator: chatCompletions }, body));
    assert(error instanceof UpstreamProtocolError || error instanceof UpstreamError);
    assertStringIncludes(error.message, want);
  });
}

Deno.test("pushWhole() takes a whole answer without a finish_reason for complete", () => {
  const turn = testTurn({ request: { stream: false } });
  const body = { choices: [{ message: { content: "Hi" } }] };
  const message = replayWhole({ turn, translator: chatCompletions }, body);
  assertEquals([message.content.length, message.stop_reason], [1, "end_turn"]);
});

Deno.test("pushWhole() repairs broken arguments, which a stream cannot", () => {
  const turn = testTurn({ request: { stream: false } });
  const call = { id: "a", type: "function", function: { name: "find", arguments: '{"q":1,}' } };
  const body = { choices: [{ message: { tool_calls: [call] }, finish_reason: "tool_calls" }] };
  const [block] = replayWhole({ turn, translator: chatCompletions }, body).content;
  assert(block?.type === "tool_use");
  assertEquals(block.input, { q: 1 });
});
