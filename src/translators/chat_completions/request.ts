import type { JsonObject } from "../../json.ts";
import { noteContextWindow } from "../common/context_window.ts";
import { type Thinking, thinkingLevel } from "../common/effort.ts";
import { identity } from "../common/identity.ts";
import { mergeBody } from "../common/merge_body.ts";
import { outputLimit, splitStops } from "../common/output_limit.ts";
import { sampling } from "../common/sampling.ts";
import { serviceFields } from "../common/service_fields.ts";
import type { UpstreamCall } from "../translator.ts";
import type { Turn } from "../turn.ts";
import { limitMarkers } from "./cache_markers.ts";
import { thinkingFields } from "./generation.ts";
import { chatMessages } from "./messages.ts";
import { structuredOutput } from "./structured_output.ts";
import { toolFields } from "./tools.ts";

/**
 * Translates an Anthropic Messages request into a Chat Completions call.
 *
 * Fields stand in a fixed order and nothing depends on a clock or on chance: the same request
 * yields the same bytes, which the provider's prompt cache needs.
 *
 * @throws {UnsupportedFeatureError} If a part has no counterpart and must not be dropped.
 * @see {@link https://platform.openai.com/docs/api-reference/chat/create}
 */
export function translateRequest(turn: Turn): UpstreamCall {
  const { request, profile, target } = turn;
  noteContextWindow(turn);
  const thinking = effectiveThinking(turn);
  const stops = splitStops(turn);
  // A stop that the gateway watches for saves tokens only if the answer can be cut off.
  const stream = (request.stream ?? false) || stops.emulated.length > 0;
  const output = structuredOutput(turn);
  // Tools come first: they claim the names that the history is written with.
  const { tools, ...toolUse } = toolFields(turn, thinking);
  const messages = chatMessages(turn, output.instructions);
  const marked = profile.cache === "anthropic_parts"
    ? limitMarkers({ tools: tools ?? [], messages })
    : { tools, messages };
  const body: JsonObject = {
    model: turn.model,
    messages: marked.messages,
    ...(tools ? { tools: marked.tools } : {}),
    ...toolUse,
    [profile.max_tokens_field]: outputLimit(turn),
    ...sampling(turn, thinking),
    ...(stops.sent.length > 0 ? { stop: stops.sent } : {}),
    ...thinkingFields(turn, thinking),
    ...output.fields,
    ...identity(turn),
    ...serviceFields(turn),
    stream,
    // Without it a stream ends without usage, and Claude Code never compacts its context.
    ...(stream && profile.stream_options ? { stream_options: { include_usage: true } } : {}),
    ...profile.extra,
  };
  return {
    path: profile.chat_path,
    body: mergeBody(body, target.body),
    stream,
    emulatedStops: stops.emulated,
  };
}

/** Providers that refuse tools together with reasoning get the tools. */
function effectiveThinking(turn: Turn): Thinking {
  const { request, profile, losses } = turn;
  const thinking = thinkingLevel(request, profile);
  const hasTools = (request.tools?.length ?? 0) > 0;
  if (profile.tools_with_reasoning === "ok" || !hasTools || thinking.level === "off") {
    return thinking;
  }
  if (thinking.level !== "default") losses.warn("thinking", "thinking together with tools");
  return { ...thinking, level: "off" };
}
