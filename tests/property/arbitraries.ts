import * as fc from "fast-check";
import type { JsonObject } from "../../src/json.ts";

/** Texts with what breaks things: emoji, lone surrogates, markup, nothing at all. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "",
      " ",
      "\n",
      "END",
      "EN",
      "\ud83d",
      "\udc4b",
      "👩‍💻",
      "<think>",
      "</think>",
      "{",
      '"}',
    ),
  },
);

const anyJson: fc.Arbitrary<unknown> = fc.jsonValue({ maxDepth: 3 });
const anyId = fc.constantFrom("a", "b", "call_0", "toolu_1", "", "x".repeat(70));
const anyName = fc.constantFrom(
  "find",
  "get_time",
  "parallel",
  "multi_tool_use.parallel",
  "",
  "n".repeat(90),
);

/** Fields of which some are missing. */
function some(shape: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<JsonObject> {
  return fc.record(shape, { requiredKeys: [] }) as fc.Arbitrary<JsonObject>;
}

/** Fields of which some are missing, and some are anything. */
function fields(shape: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<JsonObject> {
  const loose = Object.entries(shape).map(([key, value]): [string, fc.Arbitrary<unknown>] => [
    key,
    fc.oneof({ weight: 8, arbitrary: value }, { weight: 1, arbitrary: anyJson }),
  ]);
  return some(Object.fromEntries(loose));
}

const callDelta = fields({
  index: fc.constantFrom(0, 1, 2, "0", null),
  id: anyId,
  function: fields({
    name: anyName,
    arguments: fc.oneof(
      fc.constantFrom("", "{", "}", "{}", '{"q":', "1}", '"x', '{"q":1}', "null", '"{}"'),
      fc.dictionary(fc.constantFrom("q", "tool_uses", "__proto__"), anyJson, { maxKeys: 2 }),
    ),
  }),
  extra_content: fc.constant({ google: { thought_signature: "S" } }),
});

const details = fc.array(
  fields({
    type: fc.constantFrom("reasoning.text", "reasoning.encrypted", "reasoning.summary"),
    text: anyText,
    summary: anyText,
    data: anyText,
    index: fc.constantFrom(0, 1, null),
  }),
  { maxLength: 3 },
);

const delta = fields({
  content: fc.oneof(
    anyText,
    fc.array(
      fields({ type: fc.constantFrom("text", "thinking"), text: anyText, thinking: anyText }),
      {
        maxLength: 3,
      },
    ),
  ),
  reasoning_content: anyText,
  reasoning: anyText,
  reasoning_details: details,
  refusal: fc.oneof({ weight: 30, arbitrary: fc.constant(null) }, anyText),
  tool_calls: fc.array(callDelta, { maxLength: 3 }),
  function_call: fields({ name: anyName, arguments: fc.constantFrom("{", "}", "{}") }),
  annotations: fc.array(fields({ url: fc.webUrl() }), { maxLength: 2 }),
});

const reasons = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("stop", "tool_calls", "length", "because") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("content_filter", "error", "malformed_function_call"),
  },
);

/** One chunk of a chat stream, sound more often than not. */
export const anyChunk: fc.Arbitrary<JsonObject> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ delta, finish: fc.option(reasons, { freq: 8 }) }).map((
      { delta, finish },
    ) => ({
      id: "chatcmpl-1",
      choices: [{ index: 0, delta, finish_reason: finish }],
    })),
  },
  {
    weight: 1,
    arbitrary: fields({
      choices: anyJson,
      usage: fields({ prompt_tokens: fc.nat(), completion_tokens: fc.nat() }),
      error: anyJson,
    }),
  },
);

/** The payloads of a whole stream, some of them garbage. */
export const anyStream: fc.Arbitrary<string[]> = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: anyChunk.map((chunk) => JSON.stringify(chunk)) },
    { weight: 1, arbitrary: fc.constantFrom("[DONE]", "", "garbage", "{", "[]", "null") },
  ),
  { maxLength: 12 },
);

const ownId = fc.constantFrom("a", "b", "call_0", "toolu_1", "x".repeat(70));
const ownName = fc.constantFrom("find", "get_time", "parallel", "a b", "n".repeat(90));

const marker = fc.option(fields({ type: fc.constant("ephemeral"), ttl: fc.constant("1h") }), {
  nil: null,
});
const text = fc.record({ type: fc.constant("text"), text: anyText, cache_control: marker });
const source = fc.oneof(
  fc.record({
    type: fc.constant("base64"),
    media_type: fc.constant("image/png"),
    data: fc.constant("AAAA"),
  }),
  fc.record({ type: fc.constant("url"), url: fc.webUrl() }),
  fc.record({ type: fc.constant("text"), data: anyText }),
  fc.record({ type: fc.constant("file"), file_id: ownId }),
);
const media = fc.record({
  type: fc.constantFrom("image", "document"),
  source,
  title: fc.option(anyText, { nil: null }),
});
const other = fields({ content: anyJson }).chain((rest) =>
  fc.constantFrom(
    "newest",
    "compaction",
    "server_tool_use",
    "web_search_tool_result",
    "tool_reference",
  )
    .map((type) => ({ name: "x", ...rest, type }))
);
const result = fc.record({
  type: fc.constant("tool_result"),
  tool_use_id: ownId,
  content: fc.oneof(anyText, fc.array(fc.oneof(text, media, other), { maxLength: 3 })),
  is_error: fc.option(fc.boolean(), { nil: null }),
  cache_control: marker,
});
const use = fc.record({ type: fc.constant("tool_use"), id: ownId, name: ownName, input: anyJson });
const thinking = fc.record({
  type: fc.constant("thinking"),
  thinking: anyText,
  signature: fc.oneof(anyText, fc.constant("sy1.eyJrIjoicmMifQ")),
});

const message = fc.record({
  role: fc.constantFrom("user", "user", "assistant", "assistant", "system"),
  content: fc.oneof(
    anyText,
    fc.array(fc.oneof(text, media, other, result, use, thinking), { maxLength: 5 }),
  ),
});

const tool = fc.record({
  name: ownName,
  description: fc.option(anyText, { nil: null }),
  input_schema: fc.dictionary(
    fc.constantFrom("type", "properties", "$ref", "anyOf", "$defs"),
    anyJson,
  ),
  cache_control: marker,
  strict: fc.boolean(),
  defer_loading: fc.boolean(),
});

const needed = {
  model: fc.constantFrom("claude", "claude[1m]"),
  max_tokens: fc.constantFrom(0, 1, 32000),
  messages: fc.array(message, { minLength: 1, maxLength: 6 }),
};

const optional = {
  system: fc.oneof(anyText, fc.array(text, { maxLength: 3 })),
  stream: fc.boolean(),
  tools: fc.uniqueArray(tool, { maxLength: 4, selector: ({ name }) => name }),
  tool_choice: fc.constantFrom(
    { type: "auto" },
    { type: "any", disable_parallel_tool_use: true },
    { type: "none" },
    { type: "tool", name: "find" },
  ),
  thinking: some({
    type: fc.constantFrom("adaptive", "enabled", "disabled"),
    budget_tokens: fc.nat(40000),
    display: fc.constantFrom("omitted", "summarized"),
  }),
  output_config: fields({
    effort: fc.constantFrom("low", "max"),
    format: fields({ type: fc.constant("json_schema"), schema: fc.constant({ type: "object" }) }),
  }),
  stop_sequences: fc.array(anyText, { maxLength: 6 }),
  temperature: fc.double({ min: 0, max: 1, noNaN: true }),
  top_k: fc.nat(100),
  metadata: fields({ user_id: anyText }),
  context_management: fields({ edits: anyJson }),
  newest: anyJson,
};

/** A Messages request that the guard lets through. */
export const soundRequest: fc.Arbitrary<JsonObject> = fc.tuple(fc.record(needed), some(optional))
  .map(([first, rest]) => ({ ...rest, ...first }));

/** The same, but any field may be nonsense. */
export const anyRequest: fc.Arbitrary<JsonObject> = fc.oneof(
  { weight: 4, arbitrary: soundRequest },
  { weight: 1, arbitrary: fields({ ...needed, ...optional }) },
);
