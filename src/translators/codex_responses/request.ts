import { isObject, type JsonObject, pickMembers } from "../../json.ts";
import { noteContextWindow } from "../common/context_window.ts";
import { thinkingLevel } from "../common/effort.ts";
import { identity, sessionKey } from "../common/identity.ts";
import { mergeBody } from "../common/merge_body.ts";
import { outputFormat } from "../common/output_format.ts";
import { outputLimit, wantedStops } from "../common/output_limit.ts";
import { sampling } from "../common/sampling.ts";
import { serviceFields } from "../common/service_fields.ts";
import { selectTools } from "../common/tool_set.ts";
import type { CountCall, UpstreamCall } from "../translator.ts";
import type { Turn } from "../turn.ts";
import { includeField, reasoningField, textField } from "./generation.ts";
import { promptFields } from "./input.ts";
import { withIds } from "./item_ids.ts";
import { toolFields } from "./tools.ts";

/** Fields that `/responses/input_tokens` takes; it refuses all others. */
const COUNTED = [
  "model",
  "instructions",
  "input",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "reasoning",
  "text",
] as const;

/**
 * Translates an Anthropic Messages request into a Responses call.
 *
 * Nothing is stored upstream: the whole conversation goes up with every turn, reasoning in
 * encrypted form. Fields stand in a fixed order and nothing depends on a clock or on chance: the
 * same request yields the same bytes, which the provider's prompt cache needs.
 *
 * @throws {UnsupportedFeatureError} If a part has no counterpart and must not be dropped.
 * @see {@link https://platform.openai.com/docs/api-reference/responses/create}
 */
export function translateRequest(turn: Turn): UpstreamCall {
  const { request, profile, target } = turn;
  noteContextWindow(turn);
  // The API has no stop sequences; the gateway watches for them, and aborting saves tokens.
  const emulatedStops = wantedStops(turn);
  const stream = (request.stream ?? false) || profile.force_stream || emulatedStops.length > 0;
  const thinking = thinkingLevel(request, profile);
  const format = outputFormat(turn);
  // Tools come first: they claim the names that the history is written with.
  const set = selectTools(turn);
  const tools = toolFields(turn, set);
  const prompt = promptFields(turn, format?.instructions ?? []);
  const body: JsonObject = {
    model: turn.model,
    ...prompt.fields,
    input: profile.item_ids ? withIds(prompt.input) : prompt.input,
    ...tools,
    max_output_tokens: outputLimit(turn),
    ...sampling(turn, thinking),
    ...reasoningField(turn, thinking),
    ...textField(format),
    ...includeField(turn, { search: set.webSearch !== undefined }),
    store: false,
    ...identity(turn),
    ...serviceFields(turn),
    stream,
    ...profile.extra,
  };
  return {
    path: profile.responses_path,
    body: mergeBody(without(body, profile.drop_fields), target.body),
    stream,
    emulatedStops,
    headers: sessionHeaders(turn),
  };
}

/** The call that counts a request's input tokens exactly, where the upstream has one. */
export function countTokens(turn: Turn): CountCall | undefined {
  const path = turn.profile.count_tokens_path;
  if (path === null) return undefined;
  const { body } = translateRequest(turn);
  return {
    path,
    body: pickMembers(body, COUNTED),
    stream: false,
    emulatedStops: [],
    read: (answer) => isObject(answer) ? answer.input_tokens : undefined,
    isMissing: (status) => status === 404 || status === 405,
  };
}

function sessionHeaders(turn: Turn): Record<string, string> {
  const session = sessionKey(turn);
  const name = turn.profile.session_header;
  return name === null || session === undefined ? {} : { [name]: session };
}

function without(body: JsonObject, fields: readonly string[]): JsonObject {
  if (fields.length === 0) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !fields.includes(name)));
}
