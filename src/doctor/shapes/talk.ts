import type { JsonObject } from "../../json.ts";
import { allInput } from "../../server/record.ts";
import { type Answer, blocksOf, textOf } from "../answer.ts";
import { degraded, excerpt, failed, pass, type Shape, user, type Verdict } from "../shape.ts";

/** Enough for a model that thinks before it answers; others stop after a few. */
export const MAX_TOKENS = 1024;

const PONG = [user("Reply with the single word PONG.")];

const ORDER = "Write this line and nothing else: alpha beta gamma delta";

const ORDER_WORD = "COBALT";

const ANSWER_SCHEMA: JsonObject = {
  type: "object",
  properties: {
    city: { type: "string" },
    population: { type: "integer" },
    is_capital: { type: "boolean" },
  },
  required: ["city", "population", "is_capital"],
  additionalProperties: false,
};

/** Of a header that names a feature, where the API has it in a beta. */
const STRUCTURED_BETA = { "anthropic-beta": "structured-outputs-2025-12-15" };

/** Text in, text out. */
export const TALK: readonly Shape[] = [
  {
    name: "text",
    body: { max_tokens: MAX_TOKENS, stream: false, messages: PONG },
    isVital: true,
    check: checkText,
    cures: [
      { when: /^40[13] /, quirks: { auth: "bearer" } },
      { when: /^40[13] /, quirks: { auth: "x-api-key" } },
      { when: /^40[13] /, quirks: { auth: "api-key" } },
      { when: /stream/i, quirks: { force_stream: true } },
    ],
  },
  {
    name: "stream",
    body: { max_tokens: MAX_TOKENS, messages: PONG },
    check: checkStream,
    cures: [
      { when: /stream_options/i, quirks: { stream_options: false } },
      { when: /before it was complete/, quirks: { lenient_eof: true } },
    ],
  },
  {
    name: "system",
    body: {
      max_tokens: MAX_TOKENS,
      system: [{ type: "text", text: "You answer in one short sentence." }],
      messages: [user("What is a switchyard?")],
    },
    check: checkText,
    cures: [
      { when: /developer/i, quirks: { system_role: "system", mid_system: "system" } },
      { when: /instructions/i, quirks: { system_as: "input" } },
    ],
  },
  {
    name: "mid_system",
    body: {
      max_tokens: MAX_TOKENS,
      messages: [
        user("Hello"),
        { role: "assistant", content: "Hello! How can I help?" },
        user("Name a metal."),
        { role: "system", content: `From now on, end every answer with the word ${ORDER_WORD}.` },
      ],
    },
    headers: { "anthropic-beta": "mid-conversation-system-2026-04-07" },
    check(answer): Verdict {
      const text = textOf(answer);
      return text.includes(ORDER_WORD)
        ? pass(excerpt(text))
        : degraded(`was not followed: ${excerpt(text)}`, [{ mid_system: "user" }]);
    },
    cures: [
      { when: /developer/i, quirks: { mid_system: "system" } },
      { quirks: { mid_system: "user" } },
      { quirks: { drop_mid_system: true } },
      { when: /alternat/i, quirks: { strict_alternation: true, mid_system: "user" } },
    ],
  },
  {
    name: "stop_sequence",
    body: { max_tokens: MAX_TOKENS, stop_sequences: ["gamma"], messages: [user(ORDER)] },
    check(answer): Verdict {
      const text = textOf(answer);
      const { message } = answer;
      const reason = String(message.stop_reason);
      if (text.includes("gamma")) return degraded("was not stopped", [{ stop: "emulate" }]);
      return reason === "stop_sequence" && message.stop_sequence === "gamma"
        ? pass("stop_sequence")
        : degraded(`stopped there, but the stop_reason is ${reason}`, [
          { matched_stop_field: "stop_reason" },
          { matched_stop_field: "matched_stop" },
        ]);
    },
    cures: [{ quirks: { stop: "emulate" } }],
  },
  {
    name: "structured",
    body: {
      max_tokens: MAX_TOKENS,
      messages: [user("Facts about Paris, as JSON.")],
      output_config: { format: { type: "json_schema", schema: ANSWER_SCHEMA } },
    },
    headers: STRUCTURED_BETA,
    check: checkStructured,
    cures: [
      { quirks: { response_format: "json_object" } },
      { quirks: { response_format: "none" } },
    ],
  },
  {
    name: "max_tokens_1",
    body: { max_tokens: 1, messages: [user("Tell me a story about a train.")] },
    check({ message }): Verdict {
      const reason = String(message.stop_reason);
      return reason === "max_tokens" ? pass(reason) : degraded(`the stop_reason is ${reason}`);
    },
    cures: [{ quirks: { min_max_tokens: 16 } }],
  },
  {
    name: "large_prompt",
    body: { max_tokens: MAX_TOKENS, messages: [user(largePrompt())] },
    check(answer): Verdict {
      const text = textOf(answer);
      const note = `${answer.tokens ? allInput(answer.tokens) : "?"} input tokens`;
      return text.includes("HELIOTROPE")
        ? pass(note)
        : degraded(`${note}; does not know its beginning: ${excerpt(text)}`);
    },
  },
];

function checkText(answer: Answer): Verdict {
  const text = textOf(answer);
  return text === "" ? failed("the answer has no text") : pass(excerpt(text));
}

function checkStream(answer: Answer): Verdict {
  const text = textOf(answer);
  if (text === "") return failed("the answer has no text");
  // A model that writes its thoughts as text: the profile can tell them apart.
  if (/^\s*<think>/.test(text)) {
    return degraded("thoughts come as text in <think> tags", [{ think_tags: true }]);
  }
  return pass(excerpt(text));
}

function checkStructured(answer: Answer): Verdict {
  const [text] = blocksOf(answer, "text").map((block) => String(block.text));
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text ?? "");
  } catch {
    return degraded(`is no JSON: ${excerpt(text ?? "")}`, [{ response_format: "json_object" }]);
  }
  const fits = typeof value.city === "string" && Number.isInteger(value.population) &&
    typeof value.is_capital === "boolean" && Object.keys(value).length === 3;
  return fits
    ? pass("fits the schema")
    : degraded(`does not fit the schema: ${excerpt(text ?? "")}`);
}

/** 100 KB of which only the beginning matters. */
function largePrompt(): string {
  const lines = ["The code word is HELIOTROPE. Say it. All that follows is filler; ignore it."];
  for (let at = 1, length = 0; length < 100 * 1024; at++) {
    const line = `Wagon ${at} stands on track ${at % 12} and waits for its locomotive.`;
    lines.push(line);
    length += line.length + 1;
  }
  return lines.join("\n");
}
