import * as fc from "fast-check";
import type { JsonObject } from "../../src/json.ts";
import {
  added,
  args,
  call,
  completed,
  done,
  incomplete,
  message,
  reasoning,
  summary,
  text,
} from "../translators/codex_responses/events.ts";
import { anyText } from "./arbitraries.ts";

const anyIndex = fc.constantFrom(0, 1, 2);
const anyJson: fc.Arbitrary<unknown> = fc.jsonValue({ maxDepth: 2 });
const anyArgs = fc.constantFrom("", "{", "}", "{}", '{"q":', "1}", '{"q":1}', "null", '"x');
const anyState = fc.option(fc.constantFrom("E1", "E2"), { nil: undefined });

const anyItem: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ words: anyText, phase: fc.constantFrom("commentary", "final_answer", 1) })
    .map(({ words, phase }) => message(words, { phase })),
  fc.tuple(fc.array(anyText, { maxLength: 2 }), anyState)
    .map(([parts, state]) => reasoning(parts, state)),
  fc.record({
    id: fc.constantFrom("a", "b"),
    text: anyArgs,
    name: fc.constantFrom("find", "parallel", ""),
    status: fc.constantFrom("completed", "incomplete"),
    type: fc.constantFrom("function_call", "custom_tool_call"),
  }).map(({ id, text, ...extra }) => call(id, text, { ...extra, input: text })),
  fc.constant({
    type: "web_search_call",
    id: "ws_1",
    action: { type: "search", query: "q", sources: [{ type: "url", url: "https://a.b" }] },
  }),
  fc.constant({ type: "web_search_call", id: "ws_2", action: { type: "search", query: "q" } }),
  fc.constant({ type: "image_generation_call", result: "AAAA" }),
);

const types = fc.constantFrom(
  "response.output_text.done",
  "response.output_text.annotation.added",
  "response.refusal.delta",
  "response.refusal.done",
  "response.content_part.done",
  "response.function_call_arguments.done",
  "response.custom_tool_call_input.delta",
  "response.reasoning_text.delta",
  "response.reasoning_summary_part.done",
  "response.web_search_call.searching",
  "response.newest",
);

const anyEvent: fc.Arbitrary<JsonObject> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(anyIndex, anyItem).map(([at, item]) => added(at, item)) },
  { weight: 4, arbitrary: fc.tuple(anyIndex, anyItem).map(([at, item]) => done(at, item)) },
  { weight: 4, arbitrary: fc.tuple(anyIndex, anyText).map(([at, words]) => text(at, words)) },
  { weight: 4, arbitrary: fc.tuple(anyIndex, anyArgs).map(([at, piece]) => args(at, piece)) },
  {
    weight: 3,
    arbitrary: fc.tuple(anyIndex, anyText, anyIndex)
      .map(([at, words, part]) => summary(at, words, part)),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: types,
      output_index: fc.oneof(anyIndex, anyJson),
      item_id: fc.constantFrom("msg_1", "fc_a", 1),
      delta: fc.oneof(anyText, anyJson),
      text: anyText,
      arguments: anyArgs,
      refusal: anyText,
      annotation: fc.constantFrom({ type: "url_citation", url: "https://a.b" }, null),
      part: fc.constantFrom({ type: "output_text", text: "x" }, { type: "refusal" }, null),
    }, { requiredKeys: ["type"] }),
  },
  { weight: 1, arbitrary: anyJson.map((value) => ({ value })) },
);

const anyEnd: fc.Arbitrary<JsonObject> = fc.oneof(
  { weight: 4, arbitrary: fc.array(anyItem, { maxLength: 3 }).map((items) => completed(items)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("max_output_tokens", "content_filter", "steered", null)
      .map((reason) => incomplete(reason)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { type: "error", message: "no" },
      { type: "response.failed", response: { error: { code: "server_error", message: "no" } } },
    ),
  },
);

/** The payloads of a whole stream, some of them garbage. */
export const anyResponsesStream: fc.Arbitrary<string[]> = fc.tuple(
  fc.array(
    fc.oneof(
      { weight: 25, arbitrary: anyEvent.map((event) => JSON.stringify(event)) },
      { weight: 1, arbitrary: fc.constantFrom("[DONE]", "", "garbage", "{", "[]", "null") },
    ),
    { maxLength: 14 },
  ),
  fc.option(anyEnd.map((event) => JSON.stringify(event)), { nil: undefined }),
).map(([events, end]) => end === undefined ? events : [...events, end]);

/** An item as a sound server sends it, and its events in order. */
export interface SoundItem {
  readonly item: JsonObject;
  readonly events: readonly JsonObject[];
}

const anyPieces = fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }), {
  minLength: 1,
  maxLength: 4,
});

/** The items of a sound answer, in the order of its `output`. */
export const anySoundItems: fc.Arbitrary<SoundItem[]> = fc.array(
  fc.tuple(fc.constantFrom("message", "reasoning", "call"), anyPieces),
  { minLength: 1, maxLength: 5 },
).map((drafts) => drafts.map(([kind, pieces], at) => soundItem(kind, pieces, at)));

function soundItem(kind: string, pieces: readonly string[], at: number): SoundItem {
  switch (kind) {
    case "message": {
      const words = ["a", ...pieces];
      const item = message(words.join(""), { id: `msg_${at}` });
      return { item, events: framed(at, item, words.map((piece) => text(at, piece))) };
    }
    case "reasoning": {
      const item = reasoning([pieces.join("")], `STATE${at}`);
      return { item, events: framed(at, item, pieces.map((piece) => summary(at, piece))) };
    }
    default: {
      const json = JSON.stringify({ q: pieces.join("") });
      const item = call(String(at), json);
      const cuts = [json.slice(0, 3), json.slice(3, 7), json.slice(7)];
      return { item, events: framed(at, item, cuts.map((piece) => args(at, piece))) };
    }
  }
}

function framed(at: number, item: JsonObject, deltas: readonly JsonObject[]): JsonObject[] {
  const empty = { ...item, content: [], summary: [], arguments: "", encrypted_content: "part" };
  return [added(at, empty), ...deltas, done(at, item)];
}
