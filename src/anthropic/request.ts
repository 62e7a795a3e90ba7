import type { JsonObject } from "../json.ts";
import type { LONG_TEXTS, LongTexts } from "./long_texts.ts";

/** Any field that this gateway does not read survives as it is. */
type Open = JsonObject;

/** `text` content; `citations` and `cache_control` may ride along. */
export interface TextBlock extends Open {
  readonly type: "text";
  readonly text: string;
}

/** Where the bytes of an image or document come from. */
export interface MediaSource extends Open {
  readonly type: "base64" | "url" | "file" | "text" | "content";
  readonly media_type?: string;
  /** base64 bytes, or the text itself for a `text` source. */
  readonly data?: string;
  readonly url?: string;
  readonly file_id?: string;
  /** Only of a `content` source. */
  readonly content?: string | readonly ContentBlockParam[];
}

/** An image of the user or of a tool result. */
export interface ImageBlock extends Open {
  readonly type: "image";
  readonly source: MediaSource;
}

/** A PDF, a text or a bundle of blocks with a title. */
export interface DocumentBlock extends Open {
  readonly type: "document";
  readonly source: MediaSource;
  readonly title?: string | null;
  readonly context?: string | null;
}

/** A search hit that the client gives to the model. */
export interface SearchResultBlock extends Open {
  readonly type: "search_result";
  readonly source: string;
  readonly title: string;
  readonly content: readonly TextBlock[];
}

/** Reasoning of an earlier turn. */
export interface ThinkingBlock extends Open {
  readonly type: "thinking";
  readonly thinking: string;
  readonly signature?: string;
}

/** Reasoning of an earlier turn that only its maker can read. */
export interface RedactedThinkingBlock extends Open {
  readonly type: "redacted_thinking";
  readonly data: string;
}

/** A tool call of an earlier turn. */
export interface ToolUseBlock extends Open {
  readonly type: "tool_use";
  readonly id: string;
  readonly name: string;
  readonly input?: unknown;
}

/** What a tool answered. */
export interface ToolResultBlock extends Open {
  readonly type: "tool_result";
  readonly tool_use_id: string;
  readonly content?: string | readonly ContentBlockParam[] | null;
  readonly is_error?: boolean | null;
}

/** A block type that is read only by its `type`, or that is newer than this program. */
export interface OtherBlock extends Open {
  readonly type: "other";
}

/**
 * A content block of a request. The list is open: a switch over `type` needs a default branch,
 * where the block is whatever Anthropic adds next.
 */
export type ContentBlockParam =
  | TextBlock
  | ImageBlock
  | DocumentBlock
  | SearchResultBlock
  | ThinkingBlock
  | RedactedThinkingBlock
  | ToolUseBlock
  | ToolResultBlock
  | OtherBlock;

/** One entry of `messages`. */
export interface MessageParam extends Open {
  readonly role: "user" | "assistant" | "system";
  readonly content: string | readonly ContentBlockParam[];
}

/** An entry of `tools`; Anthropic-defined ones have a dated `type`. */
export interface ToolParam extends Open {
  readonly type?: string | null;
  readonly name: string;
  readonly description?: string | null;
  readonly input_schema?: JsonObject;
}

/** How tools may be used. */
export interface ToolChoice extends Open {
  readonly type: "auto" | "any" | "tool" | "none";
  readonly name?: string;
  readonly disable_parallel_tool_use?: boolean | null;
}

/** A validated body of `POST /v1/messages`; unknown fields survive. */
export interface MessagesRequest extends Open {
  readonly model: string;
  readonly messages: readonly MessageParam[];
  readonly max_tokens: number;
  readonly system?: string | readonly TextBlock[] | null;
  readonly stream?: boolean | null;
  readonly temperature?: number | null;
  readonly top_p?: number | null;
  readonly top_k?: number | null;
  readonly stop_sequences?: readonly string[] | null;
  readonly tools?: readonly ToolParam[] | null;
  readonly tool_choice?: ToolChoice | null;
  readonly thinking?: JsonObject | null;
  readonly output_config?: JsonObject | null;
  readonly metadata?: JsonObject | null;
  /** Who reads a user's texts, images or documents, and does not just hand them on, asks here. */
  readonly [LONG_TEXTS]?: LongTexts;
}
