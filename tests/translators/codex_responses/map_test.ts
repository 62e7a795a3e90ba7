import { assertEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import {
  type AnswerFacts,
  type Ending,
  mapEnding,
  mapStopReason,
  mapUsage,
} from "../../../src/translators/codex_responses/map.ts";

const ENDINGS: readonly (readonly [response: JsonObject, want: Ending | undefined])[] = [
  [{ status: "completed" }, "end_turn"],
  [{}, "end_turn"],
  [{ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "max_tokens"],
  [{ status: "incomplete", incomplete_details: { reason: "content_filter" } }, "refusal"],
  [{ status: "incomplete", incomplete_details: { reason: "constructor" } }, "unknown"],
  [{ status: "incomplete", incomplete_details: null }, "unknown"],
  [{ status: "failed" }, undefined],
  [{ status: "cancelled" }, undefined],
  [{ status: "queued" }, undefined],
  [{ status: "in_progress" }, undefined],
];

for (const [response, want] of ENDINGS) {
  Deno.test(`mapEnding() maps ${JSON.stringify(response)} to ${want}`, () => {
    assertEquals(mapEnding(response), want);
  });
}

const FACTS: AnswerFacts = { refused: false, hasCalls: false, callCut: false };

const STOPS: readonly (readonly [ending: Ending, facts: Partial<AnswerFacts>, want: string])[] = [
  ["end_turn", {}, "end_turn"],
  ["end_turn", { hasCalls: true }, "tool_use"],
  ["end_turn", { refused: true, hasCalls: true }, "refusal"],
  ["max_tokens", { hasCalls: true }, "max_tokens"],
  ["max_tokens", { refused: true }, "refusal"],
  ["refusal", {}, "refusal"],
  ["unknown", {}, "end_turn"],
  ["unknown", { hasCalls: true }, "tool_use"],
  ["unknown", { hasCalls: true, callCut: true }, "max_tokens"],
];

for (const [ending, facts, want] of STOPS) {
  Deno.test(`mapStopReason() maps ${ending} with ${JSON.stringify(facts)} to ${want}`, () => {
    assertEquals(mapStopReason(ending, { ...FACTS, ...facts }), want);
  });
}

const USAGES: readonly {
  readonly name: string;
  readonly usage: JsonObject;
  readonly want: JsonObject;
}[] = [
  {
    name: "takes the cache out of the input",
    usage: {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 8 },
      total_tokens: 120,
    },
    want: { input: 10, read: 60, write: 30, output: 20, thinking: 8 },
  },
  {
    name: "takes what only the total counts for output",
    usage: { input_tokens: 10, output_tokens: 5, total_tokens: 40 },
    want: { input: 10, read: 0, write: 0, output: 30, thinking: undefined },
  },
  {
    name: "reads the words of Chat Completions",
    usage: {
      prompt_tokens: 10,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens: 5,
      completion_tokens_details: { reasoning_tokens: 9 },
    },
    want: { input: 6, read: 4, write: 0, output: 5, thinking: 5 },
  },
  {
    name: "is never negative",
    usage: { input_tokens: 1, input_tokens_details: { cached_tokens: 5 }, output_tokens: -3 },
    want: { input: 0, read: 5, write: 0, output: 0, thinking: undefined },
  },
];

for (const { name, usage, want } of USAGES) {
  Deno.test(`mapUsage() ${name}`, () => {
    const mapped = mapUsage(usage, "priority");
    assertEquals<unknown>({
      input: mapped.input_tokens,
      read: mapped.cache_read_input_tokens,
      write: mapped.cache_creation_input_tokens,
      output: mapped.output_tokens,
      thinking: mapped.output_tokens_details?.thinking_tokens,
    }, want);
    assertEquals(mapped.service_tier, "priority");
  });
}
