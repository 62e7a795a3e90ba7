import type { JsonObject } from "../../src/json.ts";
import { chatCompletions } from "../../src/translators/chat_completions/mod.ts";
import type { UpstreamCall } from "../../src/translators/translator.ts";
import { lostPaths, testTurn, type TurnParts } from "./turn.ts";

/** A translated request, and what it lost. */
export interface ChatCall extends UpstreamCall {
  readonly body: JsonObject;
  readonly messages: readonly JsonObject[];
  readonly lost: readonly string[];
}

/** Translates a request for a target. */
export function chatCall(parts: TurnParts = {}): ChatCall {
  const turn = testTurn(parts);
  const call = chatCompletions.translateRequest(turn);
  // As it goes over the wire: what is undefined is not there.
  const body = JSON.parse(JSON.stringify(call.body)) as JsonObject;
  return { ...call, body, messages: body.messages as JsonObject[], lost: lostPaths(turn) };
}

/** The messages that a conversation becomes. */
export function chatMessagesOf(
  messages: readonly unknown[],
  parts: TurnParts = {},
): readonly JsonObject[] {
  return chatCall({ ...parts, request: { ...parts.request, messages } }).messages;
}
