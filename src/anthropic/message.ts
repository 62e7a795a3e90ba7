/** Why a message ended, as Anthropic spells it. */
export type StopReason =
  | "end_turn"
  | "max_tokens"
  | "stop_sequence"
  | "tool_use"
  | "pause_turn"
  | "refusal"
  | "model_context_window_exceeded";

/** Why a refusal happened; null for every other stop reason. */
export interface StopDetails {
  readonly type: "refusal";
  readonly category: null;
  readonly explanation: string | null;
}

/** Token counts of one answer. `input_tokens` excludes cache reads and writes. */
export interface Usage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_creation: {
    readonly ephemeral_5m_input_tokens: number;
    readonly ephemeral_1h_input_tokens: number;
  } | null;
  readonly output_tokens_details: { readonly thinking_tokens: number } | null;
  readonly server_tool_use: {
    readonly web_search_requests: number;
    readonly web_fetch_requests: number;
  } | null;
  readonly service_tier: string;
  readonly inference_geo: null;
}

/** Usage before anything is known: the true numbers follow in `message_delta`. */
export const NO_USAGE: Usage = {
  input_tokens: 0,
  output_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_creation: null,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: "standard",
  inference_geo: null,
};

/** One search hit inside a `web_search_tool_result`. */
export interface WebSearchResult {
  readonly type: "web_search_result";
  readonly url: string;
  readonly title: string;
  readonly encrypted_content: string;
  readonly page_age: string | null;
}

/** A page that a piece of text relies on. */
export interface WebSearchCitation {
  readonly type: "web_search_result_location";
  readonly url: string;
  readonly title: string;
  readonly encrypted_index: string;
  /** Empty where the upstream does not quote. */
  readonly cited_text: string;
}

/** A content block of an answer. */
export type ContentBlock =
  | {
    readonly type: "text";
    readonly text: string;
    readonly citations: readonly WebSearchCitation[] | null;
  }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string }
  | {
    readonly type: "tool_use";
    readonly id: string;
    readonly name: string;
    readonly input: Readonly<Record<string, unknown>>;
    readonly caller: { readonly type: "direct" };
  }
  | {
    readonly type: "server_tool_use";
    readonly id: string;
    readonly name: string;
    readonly input: Readonly<Record<string, unknown>>;
  }
  | {
    readonly type: "web_search_tool_result";
    readonly tool_use_id: string;
    readonly content: readonly WebSearchResult[];
  };

/** A whole answer, as a request without `stream` gets it. */
export interface Message {
  readonly id: string;
  readonly type: "message";
  readonly role: "assistant";
  readonly model: string;
  readonly content: readonly ContentBlock[];
  readonly stop_reason: StopReason;
  readonly stop_sequence: string | null;
  readonly stop_details: StopDetails | null;
  readonly container: null;
  readonly diagnostics: null;
  readonly usage: Usage;
}
