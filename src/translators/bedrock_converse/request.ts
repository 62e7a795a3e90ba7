import type { JsonObject } from "../../json.ts";
import { systemBlocks } from "../common/content_text.ts";
import { noteContextWindow } from "../common/context_window.ts";
import { type Thinking, thinkingLevel } from "../common/effort.ts";
import { mergeBody } from "../common/merge_body.ts";
import { outputFormat } from "../common/output_format.ts";
import { selectTools, type ToolSet } from "../common/tool_set.ts";
import type { UpstreamCall } from "../translator.ts";
import type { Turn } from "../turn.ts";
import { CachePoints } from "./cache_points.ts";
import { generationFields, outputConfig, responsePaths } from "./generation.ts";
import { converseMessages, type History, readHistory, toolsAsText } from "./messages.ts";
import { modelPath } from "./model_id.ts";
import { toolFields } from "./tools.ts";
import type { Marked } from "./wire.ts";

/**
 * Translates an Anthropic Messages request into a Converse call.
 *
 * Fields stand in a fixed order and nothing depends on a clock or on chance: the same request
 * yields the same bytes, which the prompt cache needs.
 *
 * @throws {UnsupportedFeatureError} If a part has no counterpart and must not be dropped.
 * @see {@link https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html}
 */
export function translateRequest(turn: Turn): UpstreamCall {
  const { request, profile, target } = turn;
  noteContextWindow(turn);
  const wanted = thinkingLevel(request, profile);
  const thinking: Thinking = profile.thinking_never ? { ...wanted, level: "off" } : wanted;
  const format = outputFormat(turn);
  const { inferenceConfig, additional, stops } = generationFields(turn, thinking);
  // A stop that the gateway watches for saves tokens only if the answer can be cut off.
  const stream = (request.stream ?? false) || stops.emulated.length > 0;
  // Tools come first: they claim the names that the history is written with.
  const set = selectTools(turn);
  const history = historyFor(set, turn);
  const tools = toolFields(set, {
    turn,
    thinking,
    calledTools: history.calledTools,
    hasFormat: format?.enforced === "json_schema",
  });
  const messages = converseMessages(history, turn);
  const system = systemParts(turn, format?.instructions ?? []);
  const points = new CachePoints(turn, { tools: tools.tools, system, messages });
  const fields = mergeBody(additional, tools.additional);
  const body: JsonObject = {
    ...(system.length > 0 ? { system: points.after(system) } : {}),
    messages: messages.map(({ role, content }) => ({ role, content: points.after(content) })),
    ...(Object.keys(inferenceConfig).length > 0 ? { inferenceConfig } : {}),
    ...(tools.tools.length > 0
      ? {
        toolConfig: {
          tools: points.after(tools.tools),
          ...(tools.choice ? { toolChoice: tools.choice } : {}),
        },
      }
      : {}),
    ...outputConfig(format),
    ...(Object.keys(fields).length > 0 ? { additionalModelRequestFields: fields } : {}),
    ...responsePaths(turn, stops, stream),
  };
  return {
    path: modelPath(turn.model, stream ? "converse-stream" : "converse"),
    body: mergeBody(body, target.body),
    stream,
    emulatedStops: stops.emulated,
    ...(stream ? { headers: { accept: "application/vnd.amazon.eventstream" } } : {}),
  };
}

/**
 * The conversation as it is sent. The API cannot forbid calls; without tools it refuses a
 * conversation that has any, so that they are told in words.
 */
function historyFor(set: ToolSet, turn: Turn): History {
  const history = readHistory(turn);
  const isForbidden = set.choice?.type === "none" || turn.request.tool_choice?.type === "none";
  if (!isForbidden && turn.profile.tools) return history;
  if (history.calledTools.length === 0) return history;
  turn.losses.warn(isForbidden ? "tool_choice" : "tools", "earlier tool calls as such");
  return toolsAsText(history);
}

function systemParts(
  { request, profile }: Turn,
  instructions: readonly string[],
): readonly Marked<{ readonly text: string }>[] {
  const blocks = systemBlocks(request.system, { billing: profile.billing_header });
  return [
    ...blocks.map(({ text, cache_control }) => ({ element: { text }, marker: cache_control })),
    ...instructions.map((text) => ({ element: { text }, marker: undefined })),
  ];
}
