import type { Message } from "../../../src/anthropic/message.ts";
import type { JsonObject } from "../../../src/json.ts";
import { codexResponses } from "../../../src/translators/codex_responses/mod.ts";
import { assertEventOrder } from "../../support/events.ts";
import { foldEvents } from "../../support/fold_events.ts";
import { bytesOf, replayFolded, replayStream, sseOf } from "../../support/replay.ts";
import { type TestTurn, testTurn, type TurnParts } from "../../support/turn.ts";

/** An event of a stream, or anything else that a server may send. */
export type Event = string | JsonObject;

const USAGE = { input_tokens: 9, output_tokens: 5, total_tokens: 14 };

/** The end of a response. */
export function completed(output: readonly JsonObject[] = [], extra: JsonObject = {}): JsonObject {
  const response = { id: "resp_1", status: "completed", output, usage: USAGE, ...extra };
  return { type: "response.completed", response };
}

/** The end of a response that was cut. */
export function incomplete(reason: string | null, output: readonly JsonObject[] = []): JsonObject {
  const incomplete_details = reason === null ? null : { reason };
  const response = { id: "resp_1", status: "incomplete", incomplete_details, output, usage: USAGE };
  return { type: "response.incomplete", response };
}

/** An item begins. */
export function added(output_index: number, item: JsonObject): JsonObject {
  return { type: "response.output_item.added", output_index, item };
}

/** An item ends. */
export function done(output_index: number, item: JsonObject): JsonObject {
  return { type: "response.output_item.done", output_index, item };
}

/** A message item. */
export function message(text: string, extra: JsonObject = {}): JsonObject {
  const content = text === "" ? [] : [{ type: "output_text", text, annotations: [] }];
  return {
    type: "message",
    id: "msg_1",
    role: "assistant",
    status: "completed",
    content,
    ...extra,
  };
}

/** A reasoning item; without a state it is not encrypted. */
export function reasoning(summary: readonly string[], state?: string): JsonObject {
  return {
    type: "reasoning",
    id: "rs_1",
    summary: summary.map((text) => ({ type: "summary_text", text })),
    ...(state === undefined ? {} : { encrypted_content: state }),
  };
}

/** A function call item. */
export function call(id: string, args: string, extra: JsonObject = {}): JsonObject {
  const base = { type: "function_call", id: `fc_${id}`, call_id: `call_${id}` };
  return { ...base, name: "get_weather", arguments: args, status: "completed", ...extra };
}

/** A piece of text. */
export function text(output_index: number, delta: string): JsonObject {
  return { type: "response.output_text.delta", output_index, content_index: 0, delta };
}

/** A piece of a summary. */
export function summary(output_index: number, delta: string, summary_index = 0): JsonObject {
  return { type: "response.reasoning_summary_text.delta", output_index, summary_index, delta };
}

/** A piece of arguments. */
export function args(output_index: number, delta: string): JsonObject {
  return { type: "response.function_call_arguments.delta", output_index, delta };
}

/** The whole arguments. */
export function argsDone(output_index: number, whole: string): JsonObject {
  return { type: "response.function_call_arguments.done", output_index, arguments: whole };
}

/** What becomes of a stream. */
export interface Outcome {
  readonly turn: TestTurn;
  readonly sse: string;
  /** As an SDK folds it; empty after an error. */
  readonly message: Message;
  /** Type of the error that ended it. */
  readonly error: string | undefined;
}

/** A turn at a plain server of the mode. */
export function responsesTurn(parts: TurnParts = {}): TestTurn {
  return testTurn({ mode: "codex_responses", model: "gpt-5.2", ...parts });
}

/** Streams events to a client. */
export function play(
  events: readonly Event[],
  { stops = [], ...parts }: TurnParts & { readonly stops?: readonly string[] } = {},
): Outcome {
  const turn = responsesTurn(parts);
  const bytes = [bytesOf(sseOf(events))];
  const sse = replayStream({ turn, translator: codexResponses, stops }, bytes);
  const last = assertEventOrder(sse).at(-1);
  const error = last?.name === "error" ? (last.data.error as JsonObject).type as string : undefined;
  return { turn, sse, message: foldEvents(sse) as unknown as Message, error };
}

/** The same for a client that does not stream. */
export function playFolded(events: readonly Event[], parts: TurnParts = {}): Message {
  const turn = responsesTurn({ ...parts, request: { ...parts.request, stream: false } });
  return replayFolded({ turn, translator: codexResponses }, [bytesOf(sseOf(events))]);
}

/** Blocks in short: their type and what they say. */
export function shorten({ content }: Message): string[] {
  return content.map((block) => {
    switch (block.type) {
      case "text":
        return `text ${block.text}`;
      case "thinking":
        return `thinking ${block.thinking}`;
      case "tool_use":
        return `call ${block.id} ${block.name} ${JSON.stringify(block.input)}`;
      case "server_tool_use":
        return `search ${block.input.query}`;
      case "web_search_tool_result":
        return `hits ${block.content.map(({ url }) => url).join(" ")}`;
      case "redacted_thinking":
        return "redacted";
    }
  });
}
