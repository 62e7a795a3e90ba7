import { isObject, type JsonObject } from "../../json.ts";
import type { RepeatedShape } from "../common/repeated_payload.ts";

/**
 * One chunk, or one whole answer, of a chat completion. Servers differ so much that every field
 * is unknown until the machine looks at it; no schema is run over it, because a stream is made
 * of thousands.
 *
 * @see {@link https://platform.openai.com/docs/api-reference/chat-streaming}
 */
export interface ChatChunk extends JsonObject {
  readonly id?: unknown;
  readonly choices?: unknown;
  readonly usage?: unknown;
  readonly x_groq?: unknown;
  readonly error?: unknown;
}

/** In what the chunks of one stream differ; OpenAI pads each of them to hide its length. */
export const CHUNK_SHAPE: RepeatedShape = {
  texts: [
    ["choices", 0, "delta", "content"],
    ["choices", 0, "delta", "reasoning_content"],
    ["choices", 0, "delta", "reasoning"],
    ["choices", 0, "delta", "tool_calls", 0, "function", "arguments"],
  ],
  ignored: ["obfuscation"],
};

/** What a choice adds: `delta` of a chunk, or `message` of a whole answer. */
export interface ChatDelta extends JsonObject {
  readonly content?: unknown;
  readonly refusal?: unknown;
  readonly tool_calls?: unknown;
  readonly function_call?: unknown;
  readonly annotations?: unknown;
}

/** A message of a request. */
export interface ChatMessage {
  readonly role: "system" | "developer" | "user" | "assistant" | "tool";
  content?: string | readonly ChatPart[] | null;
  readonly tool_calls?: readonly ChatToolCall[];
  readonly tool_call_id?: string;
  reasoning_content?: string;
  reasoning?: string;
  reasoning_details?: readonly unknown[];
}

/** A part of a message's content. */
export type ChatPart =
  | { readonly type: "text"; readonly text: string; readonly cache_control?: unknown }
  | {
    readonly type: "image_url";
    readonly image_url: { readonly url: string };
    readonly cache_control?: unknown;
  }
  | {
    readonly type: "file";
    readonly file: { readonly filename: string; readonly file_data: string };
    readonly cache_control?: unknown;
  }
  | {
    readonly type: "thinking";
    readonly thinking: readonly { readonly type: "text"; readonly text: string }[];
  };

/** A tool call of a request's history. */
export interface ChatToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
  readonly extra_content?: unknown;
}

/** The choice that is translated: the one with index 0, or the first that has none. */
export function firstChoice(chunk: ChatChunk): JsonObject | undefined {
  if (!Array.isArray(chunk.choices)) return undefined;
  const choice: unknown = chunk.choices.find((one) =>
    isObject(one) && Number(one.index ?? 0) === 0
  );
  return isObject(choice) ? choice : undefined;
}

/** True if the delta has text as its content and nothing besides, whatever the text is. */
export function bringsOnlyText(delta: ChatDelta): boolean {
  for (const name in delta) {
    if (name !== "content" && name !== "role" && delta[name] !== null) return false;
  }
  return typeof delta.content === "string";
}

/** The error that a chunk carries; undefined where it is an ordinary one. */
export function chunkError(chunk: ChatChunk, event: string | undefined): unknown {
  // The whole chunk: some servers put the code beside the error, which is then a mere text.
  if (chunk.error || chunk.object === "error" || chunk.type === "error" || event === "error") {
    return chunk;
  }
  const bare = chunk.choices === undefined && chunk.usage === undefined &&
    typeof chunk.message === "string";
  return bare ? chunk : undefined;
}

/** Usage of a chunk, wherever this server puts it. */
export function chunkUsage(chunk: ChatChunk): JsonObject | undefined {
  if (isUsage(chunk.usage)) return chunk.usage;
  if (isObject(chunk.x_groq) && isUsage(chunk.x_groq.usage)) return chunk.x_groq.usage;
  return undefined;
}

/** An object without a single count says nothing, and must not replace one that does. */
function isUsage(value: unknown): value is JsonObject {
  return isObject(value) &&
    [value.prompt_tokens, value.completion_tokens, value.total_tokens]
      .some((tokens) => typeof tokens === "number");
}
