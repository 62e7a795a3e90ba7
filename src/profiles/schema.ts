import * as z from "zod";

/** Fields added to an upstream body as they are. */
const bodyFragment = z.record(z.string(), z.unknown());

/** What a finish reason that only one provider sends means. */
const finishMeaning = z.enum([
  "end_turn",
  "max_tokens",
  "refusal",
  "model_context_window_exceeded",
  "error",
  "overloaded",
]);

/**
 * Every quirk of a provider or model, by the name that `quirks:` in the YAML uses.
 *
 * A quirk is data: translators read these fields and never a provider's name.
 */
const quirksShape = () => ({
  auth: z.enum(["bearer", "x-api-key", "api-key", "aws", "none"])
    .describe("Header that carries the target's key; aws signs where there is none"),
  chat_path: z.string().describe("Path of the chat endpoint below base_url"),
  responses_path: z.string().describe("Path of the Responses endpoint below base_url"),
  count_tokens_path: z.string().nullable()
    .describe("Path below base_url that counts tokens, {model} the model's id; null for none"),
  models_path: z.string().nullable()
    .describe("Path of the models list below base_url; null where there is none"),
  max_tokens_field: z.enum(["max_tokens", "max_completion_tokens"])
    .describe("Field that carries max_tokens"),
  min_max_tokens: z.number().int().positive().describe("Smallest output limit the API accepts"),
  system_role: z.enum(["system", "developer"]).describe("Role of the leading system message"),
  system_as: z.enum(["instructions", "instructions_always", "input"])
    .describe("Where the Responses API takes the system prompt; always sends it even if empty"),
  mid_system: z.enum(["system", "developer", "user"])
    .describe("Role of a system message in mid-conversation; user wraps it as a reminder"),
  system_parts: z.boolean().describe("Sends system blocks as parts, to keep cache markers"),
  content_parts: z.boolean().describe("Accepts content as an array of parts"),
  strict_alternation: z.boolean().describe("Wants user and assistant messages to alternate"),
  assistant_empty_content: z.enum(["null", "empty"])
    .describe("Content of an assistant message that only calls tools"),
  tool_empty: z.string().describe("Content of an empty tool result"),
  tool_msg_parts: z.boolean().describe("Accepts parts in a tool message"),
  tool_msg_images: z.boolean().describe("Accepts images in a tool message"),
  tool_image_strategy: z.enum(["user_message", "inline_text"])
    .describe("Where images of tool results go if a tool message cannot hold them"),
  images: z.boolean().describe("Sees images; otherwise they become a placeholder"),
  image_url_remote: z.boolean().describe("Fetches images from URLs; otherwise only base64 works"),
  image_url_max: z.number().int().positive().nullable().describe("Longest image URL in characters"),
  pdf: z.enum(["none", "file_part", "document"]).describe("How PDFs are sent"),
  cache: z.enum(["none", "anthropic_parts", "openai_breakpoint", "cache_point"])
    .describe("What becomes of cache_control"),
  tools: z.boolean().describe("Can call tools"),
  tool_name_max: z.number().int().min(16).describe("Longest tool name"),
  tool_id: z.enum(["any", "alnum9", "kimi", "bedrock"]).describe("Shape of tool call ids"),
  parallel_tool_calls: z.enum(["send", "omit"]).describe("Whether parallel_tool_calls is known"),
  tool_choice: z.array(z.enum(["auto", "none", "required", "named"]))
    .describe("Values of tool_choice that work"),
  tool_choice_thinking: z.array(z.enum(["auto", "none", "required", "named"])).nullable()
    .describe("Values of tool_choice that work while thinking; null for the same"),
  required_spelling: z.enum(["required", "any"]).describe("Spelling of tool_choice required"),
  strict_tools: z.boolean().describe("Knows strict on tools"),
  eager_input_streaming: z.boolean().describe("Knows eager_input_streaming on tools"),
  tools_with_reasoning: z.enum(["ok", "rejected"])
    .describe("Whether tools and reasoning go together on this endpoint"),
  responses_only: z.boolean().describe("The model is served by the Responses API only"),
  max_tools: z.number().int().positive().nullable().describe("Most tools in one request"),
  schema: z.array(z.string()).describe("Cleaning steps for JSON schemas"),
  response_format: z.enum(["json_schema", "json_object", "none"])
    .describe("Structured output that works"),
  stop: z.enum(["send", "emulate"]).describe("Whether stop sequences are sent or emulated"),
  stop_max: z.number().int().min(0).describe("Most stop sequences in one request"),
  matched_stop_field: z.enum(["stop_reason", "matched_stop", "stop_sequence"]).nullable()
    .describe("Field of a choice that names the stop sequence that matched"),
  top_k: z.boolean().describe("Knows top_k"),
  sampling: z.enum(["free", "locked", "locked_when_thinking", "only_when_off"])
    .describe("When temperature and top_p may be sent"),
  temperature_min: z.number().describe("Smallest temperature; smaller ones are raised"),
  temperature_max: z.number().describe("Largest temperature; larger ones are lowered"),
  top_p_open: z.boolean().describe("Wants top_p strictly between 0 and 1"),
  user_field: z.enum(["user", "safety_identifier"]).nullable()
    .describe("Field that carries the hashed user id"),
  session_field: z.enum(["prompt_cache_key", "session_id"]).nullable()
    .describe("Field that carries a hash of the session"),
  session_header: z.string().nullable()
    .describe("Header that carries the same hash; null for none"),
  item_ids: z.boolean().describe("Wants an id and a status on every item of earlier turns"),
  service_tier: z.boolean().describe("Knows service_tier"),
  force_stream: z.boolean().describe("Always streams upstream, whatever the client wants"),
  drop_fields: z.array(z.string()).describe("Body fields that are never sent"),
  stream_options: z.boolean().describe("Knows stream_options.include_usage"),
  usage_output: z.enum(["completion_tokens", "total-prompt"])
    .describe("Where the output tokens stand"),
  buffer_tool_args: z.boolean().describe("Holds tool arguments back to repair broken JSON"),
  args_cumulative: z.boolean().describe("Repeats all arguments in every delta"),
  think_tags: z.boolean().describe("Sends reasoning as <think> text at the start of the answer"),
  lenient_eof: z.boolean().describe("Ends streams without a finish reason"),
  reasoning_in: z.enum([
    "all",
    "tool_turns",
    "optional",
    "details",
    "parts",
    "think_tag",
    "gemini_sig",
    "items",
    "signed",
    "drop_unsigned",
    "none",
  ]).describe("How reasoning of earlier turns is sent back"),
  reasoning_field: z.enum(["reasoning_content", "reasoning"])
    .describe("Field for reasoning of earlier turns where the answer did not name it"),
  reasoning_encrypted: z.boolean()
    .describe("Hands out reasoning items in encrypted form, where the model reasons"),
  summary: z.enum(["auto", "concise", "detailed", "none"])
    .describe("Summary of its reasoning that a Responses model is asked for"),
  phase: z.boolean().describe("Marks messages as commentary or final answer"),
  effort: z.enum(["reasoning_effort", "reasoning", "none"])
    .describe("Field that carries the effort"),
  efforts: z.array(z.string()).describe("Effort levels the model knows, lowest first"),
  effort_map: z.record(z.string(), z.string()).describe("Level to the provider's own word"),
  effort_off: z.string().nullable().describe("Effort that switches thinking off"),
  thinking_on: bodyFragment.nullable().describe("Body fields that switch thinking on"),
  thinking_off: bodyFragment.nullable().describe("Body fields that switch thinking off"),
  thinking_always: z.boolean().describe("Thinking cannot be switched off"),
  thinking_never: z.boolean().describe("Switches thinking off whatever the client asks for"),
  thinking_when_absent: z.enum(["omit", "off"])
    .describe("What a request without thinking means"),
  budget_field: z.string().nullable().describe("Field that carries a thinking budget in tokens"),
  web_search: z.enum(["none", "openrouter_plugins", "web_search_options", "web_search"])
    .describe("How the web search tool is offered"),
  web_search_blocked: z.enum(["blocked_domains", "excluded_domains"])
    .describe("Filter of a native search that names the domains to leave out"),
  web_search_sources: z.boolean().describe("Names the sources of a search when asked to"),
  token_factor: z.number().positive().describe("Local token estimate times this"),
  finish_extra: z.record(z.string(), finishMeaning).describe("Finish reasons of this provider"),
  error_codes: z.record(z.string(), z.union([z.number().int(), z.literal("context")]))
    .describe("Error codes of this provider: a status, or context for a context overflow"),
  extra: bodyFragment.describe("Body fields sent with every request"),
  learn: z.boolean().describe("Retries once without a parameter that a 400 names"),
  repair_sse: z.boolean().describe("Re-emits an Anthropic stream that breaks the event grammar"),
  drop_mid_system: z.boolean().describe("Turns mid-conversation system messages into reminders"),
  drop_betas: z.array(z.string()).describe("Globs of anthropic-beta flags that are not forwarded"),
  betas: z.array(z.string()).describe("Globs of anthropic-beta flags that the model knows"),
  native_tools: z.array(z.string())
    .describe("Globs of Anthropic-defined tool types that the model itself knows, with their beta"),
  billing_header: z.boolean().describe("Reads Claude Code's billing header in the system prompt"),
  prefill: z.boolean().describe("Goes on with a trailing assistant message"),
  cache_ttl: z.boolean().describe("Knows the ttl of a cache marker"),
  cache_tools: z.boolean().describe("Caches tools too"),
  citations: z.boolean()
    .describe("Knows search results, and citations and context of documents"),
  tool_status: z.boolean().describe("Reads the status of a tool result"),
  top_k_path: z.string().describe("Path below additionalModelRequestFields that carries top_k"),
  effort_path: z.string().nullable()
    .describe("Path below additionalModelRequestFields that carries the effort"),
  effort_beta: z.string().nullable().describe("Beta flag that goes with an effort"),
  unlimited_efforts: z.array(z.string())
    .describe("Efforts with which no output limit may be sent"),
  thinking_display: z.boolean().describe("Knows thinking.display"),
  temperature_or_top_p: z.boolean().describe("Takes temperature or top_p, but not both"),
  strict_with_format: z.boolean().describe("Takes strict tools together with an output schema"),
});

/**
 * Strict schema of `quirks:`: every field optional, none unknown. Lazy, because few files have
 * any, and building it takes an eighth of the start (Deno 2.7.11).
 */
export const quirksSchema = z.lazy(() => z.strictObject(quirksShape()).partial());

/** Values for a part of the quirks. */
export type Quirks = z.infer<typeof quirksSchema>;

/** All quirks of one model at one provider, with nothing left open. */
export type Profile = Readonly<
  Required<{ [Key in keyof Quirks]: Exclude<Quirks[Key], undefined> }>
>;

/** Quirks of the models whose name matches a glob. */
export interface ModelQuirks {
  /** Globs over the upstream model's name; one is enough. */
  readonly match: readonly string[];
  readonly quirks: Quirks;
}

/** One provider: how it is recognised, and how it differs from the defaults. */
export interface ProviderProfile {
  /** Reasoning state is valid within one family; by default the provider's own name. */
  readonly family?: string;
  /** Hosts, with an optional path prefix, as they appear in `base_url`; `*` matches anything. */
  readonly hosts: readonly string[];
  /** Modes it belongs to; the host alone can stand for several. */
  readonly modes: readonly string[];
  readonly quirks: Quirks;
  /** Later entries win; applied after `quirks`. */
  readonly models?: readonly ModelQuirks[];
  /** How far the quirks were checked: seen in traffic, reported by others, or assumed. */
  readonly confidence: "verified" | "reported" | "assumed";
}
