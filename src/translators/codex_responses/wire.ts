import { isObject, type JsonObject } from "../../json.ts";
import type { RepeatedShape } from "../common/repeated_payload.ts";

/**
 * One event of a Responses stream. Servers differ so much that every field is unknown until the
 * machine looks at it; no schema is run over it, because a stream is made of thousands.
 *
 * @see {@link https://platform.openai.com/docs/api-reference/responses-streaming}
 */
export interface ResponsesEvent extends JsonObject {
  readonly type?: unknown;
  readonly output_index?: unknown;
  readonly item_id?: unknown;
  readonly item?: unknown;
  readonly response?: unknown;
  readonly delta?: unknown;
}

/** In what the deltas of one stream differ; OpenAI pads each of them to hide its length. */
export const EVENT_SHAPE: RepeatedShape = {
  texts: [["delta"]],
  ignored: ["sequence_number", "obfuscation"],
};

/** An item of an answer's `output`. */
export interface OutputItem extends JsonObject {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly call_id?: unknown;
  readonly status?: unknown;
}

/** A part of an input message or of a tool's output. */
export type InputPart =
  | { readonly type: "input_text"; readonly text: string }
  | { readonly type: "input_image"; readonly image_url: string; readonly detail: "auto" }
  | {
    readonly type: "input_file";
    readonly filename?: string;
    readonly file_data?: string;
    readonly file_url?: string;
  };

/** A message of the client. */
export interface InputMessage {
  readonly type: "message";
  readonly role: "user" | "system" | "developer";
  readonly content: readonly InputPart[];
}

/** A message of the model, as it goes back: without an id, because nothing is stored. */
export interface AnswerMessage {
  readonly type: "message";
  readonly role: "assistant";
  readonly content: readonly { readonly type: "output_text"; readonly text: string }[];
  phase?: string;
}

/** Reasoning of the model, as it goes back. */
export interface ReasoningItem {
  readonly type: "reasoning";
  readonly summary: readonly { readonly type: "summary_text"; readonly text: string }[];
  readonly encrypted_content: string;
}

/** A call of the model, as it goes back. */
export type CallItem =
  | {
    readonly type: "function_call";
    readonly call_id: string;
    readonly name: string;
    readonly arguments: string;
  }
  | {
    readonly type: "custom_tool_call";
    readonly call_id: string;
    readonly name: string;
    readonly input: string;
  };

/** What a tool answered. */
export interface CallOutputItem {
  readonly type: "function_call_output" | "custom_tool_call_output";
  readonly call_id: string;
  readonly output: string | readonly InputPart[];
}

/** A search of the upstream's own, as it goes back. */
export interface SearchItem {
  readonly type: "web_search_call";
  readonly status: "completed";
  readonly action: { readonly type: "search"; readonly query: string };
}

/** An item of `input`. */
export type InputItem =
  | InputMessage
  | AnswerMessage
  | ReasoningItem
  | CallItem
  | CallOutputItem
  | SearchItem;

/**
 * The error that an event carries, nested as servers send it or flat as the API describes it;
 * undefined where it is an ordinary one.
 */
export function eventError(event: ResponsesEvent, name: string | undefined): unknown {
  if (event.error) return event.error;
  if (event.type === "error" || event.object === "error" || name === "error") return event;
  const isBare = event.type === undefined && event.output === undefined &&
    event.response === undefined &&
    (typeof event.message === "string" || event.detail !== undefined);
  return isBare ? event : undefined;
}

/** The objects of a list; none where it is no list. */
export function objectsOf(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** A text, or the empty string for anything else. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
