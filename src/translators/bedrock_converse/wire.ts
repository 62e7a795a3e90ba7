import type { JsonObject } from "../../json.ts";

/** A document, as bytes in base64 or as text. */
export interface ConverseDocument {
  readonly format?: string;
  /** Neutral and unique within the request; the model sees it. */
  readonly name: string;
  readonly source:
    | { readonly bytes: string }
    | { readonly text: string }
    | { readonly content: readonly { readonly text: string }[] };
  readonly context?: string;
  readonly citations?: { readonly enabled: boolean };
}

/** A content block of a Converse request; bytes are base64 in JSON. */
export type ConverseBlock =
  | { readonly text: string }
  | {
    readonly image: { readonly format: string; readonly source: { readonly bytes: string } };
  }
  | { readonly document: ConverseDocument }
  | { readonly searchResult: JsonObject }
  | { readonly toolUse: ConverseToolUse }
  | { readonly toolResult: ConverseToolResult }
  | { readonly reasoningContent: ConverseReasoning }
  | CachePoint;

/** A call of the model. */
export interface ConverseToolUse {
  readonly toolUseId: string;
  readonly name: string;
  readonly input: JsonObject;
}

/** What a tool answered. */
export interface ConverseToolResult {
  readonly toolUseId: string;
  readonly content: readonly ConverseBlock[];
  readonly status: "success" | "error";
}

/** Reasoning of an earlier turn; redacted content is base64. */
export type ConverseReasoning =
  | { readonly reasoningText: { readonly text: string; readonly signature: string } }
  | { readonly redactedContent: string };

/** The end of a prefix that is cached; stands behind the last element of it. */
export interface CachePoint {
  readonly cachePoint: { readonly type: "default"; readonly ttl?: string };
}

/** One entry of `messages`. */
export interface ConverseMessage {
  readonly role: "user" | "assistant" | "system";
  readonly content: readonly ConverseBlock[];
}

/** One entry of `toolConfig.tools`. */
export type ConverseTool =
  | {
    readonly toolSpec: {
      readonly name: string;
      readonly description: string;
      readonly inputSchema: { readonly json: JsonObject };
      readonly strict?: boolean;
    };
  }
  | CachePoint;

/** An element of a prompt, and the cache marker that the client put on it. */
export interface Marked<Element> {
  readonly element: Element;
  /** The client's `cache_control`, if any. */
  readonly marker: unknown;
}

/** The client's path of an image or document, which is reported where there are too many. */
export interface Draft extends Marked<ConverseBlock> {
  readonly path: string;
}

/** A message whose cache points are still to be placed. */
export interface DraftMessage {
  readonly role: ConverseMessage["role"];
  readonly content: readonly Draft[];
}
