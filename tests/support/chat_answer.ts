import type { JsonObject } from "../../src/json.ts";
import { chatCompletions } from "../../src/translators/chat_completions/mod.ts";
import type { Turn } from "../../src/translators/turn.ts";
import { assertEventOrder } from "./events.ts";
import { foldEvents } from "./fold_events.ts";
import { bytesOf, replayStream, sseOf } from "./replay.ts";

/** A chunk with a delta, and the reason why the answer ended if it did. */
export function chunk(delta: JsonObject, finish: string | null = null): JsonObject {
  return { id: "chatcmpl-1", choices: [{ index: 0, delta, finish_reason: finish }] };
}

/** The last chunk of an answer. */
export function finish(reason = "stop"): JsonObject {
  return chunk({}, reason);
}

/** A chunk with entries of `tool_calls`. */
export function calls(...entries: readonly JsonObject[]): JsonObject {
  return chunk({ tool_calls: entries });
}

/** What a client gets for a stream of chunks, the grammar being checked. */
export interface ChatAnswer {
  readonly sse: string;
  /** The message, as far as it came. */
  readonly message: JsonObject;
  readonly content: readonly JsonObject[];
  /** The blocks in short: `text:Hi`, `thinking:hm`, `get_time:{}`. */
  readonly blocks: readonly string[];
  /** The stop reason, or the type and words of the error that ended the stream. */
  readonly end: string;
}

/** Streams chunks through a turn's translator, and `[DONE]` behind them unless told otherwise. */
export function chatAnswer(
  turn: Turn,
  chunks: readonly (string | object)[],
  { done = true, stops = [] }: { readonly done?: boolean; readonly stops?: readonly string[] } = {},
): ChatAnswer {
  const bytes = bytesOf(sseOf(done ? [...chunks, "[DONE]"] : chunks));
  const sse = replayStream({ turn, translator: chatCompletions, stops }, [bytes]);
  const last = assertEventOrder(sse).at(-1)?.data;
  const message = foldEvents(sse);
  const content = message.content as JsonObject[];
  const error = last?.error as JsonObject | undefined;
  return {
    sse,
    message,
    content,
    blocks: content.map(shortBlock),
    end: error ? `${error.type}: ${error.message}` : String(message.stop_reason),
  };
}

function shortBlock(block: JsonObject): string {
  switch (block.type) {
    case "text":
      return `text:${block.text}`;
    case "thinking":
      return `thinking:${block.thinking}`;
    case "tool_use":
      return `${block.name}:${JSON.stringify(block.input)}`;
    default:
      return String(block.type);
  }
}
