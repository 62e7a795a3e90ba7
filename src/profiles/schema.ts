import * as z from "zod/mini";

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
  auth: z.enum(["bearer", "x-api-key", "api-key", "none"])
    .check(z.describe("Header that carries the target's key")),
  chat_path: z.string().check(z.describe("Path of the chat endpoint below base_url")),
  responses_path: z.string().check(z.describe("Path of the Responses endpoint below base_url")),
  count_tokens_path: z.nullable(z.string())
    .check(z.describe("Path below base_url that counts input tokens; null where there is none")),
  models_path: z.nullable(z.string())
    .check(z.describe("Path of the models list below base_url; null where there is none")),
  max_tokens_field: z.enum(["max_tokens", "max_completion_tokens"])
    .check(z.describe("Field that carries max_tokens")),
  min_max_tokens: z.int().check(z.positive(), z.describe("Smallest output limit the API accepts")),
  system_role: z.enum(["system", "developer"]).check(
    z.describe("Role of the leading system message"),
  ),
  system_as: z.enum(["instructions", "instructions_always", "input"])
    .check(
      z.describe("Where the Responses API takes the system prompt; always sends it even if empty"),
    ),
  mid_system: z.enum(["system", "developer", "user"])
    .check(z.describe("Role of a system message in mid-conversation; user wraps it as a reminder")),
  system_parts: z.boolean().check(
    z.describe("Sends system blocks as parts, to keep cache markers"),
  ),
  content_parts: z.boolean().check(z.describe("Accepts content as an array of parts")),
  strict_alternation: z.boolean().check(
    z.describe("Wants user and assistant messages to alternate"),
  ),
  assistant_empty_content: z.enum(["null", "empty"])
    .check(z.describe("Content of an assistant message that only calls tools")),
  tool_empty: z.string().check(z.describe("Content of an empty tool result")),
  tool_msg_parts: z.boolean().check(z.describe("Accepts parts in a tool message")),
  tool_msg_images: z.boolean().check(z.describe("Accepts images in a tool message")),
  tool_image_strategy: z.enum(["user_message", "inline_text"])
    .check(z.describe("Where images of tool results go if a tool message cannot hold them")),
  images: z.boolean().check(z.describe("Sees images; otherwise they become a placeholder")),
  image_url_remote: z.boolean().check(
    z.describe("Fetches images from URLs; otherwise only base64 works"),
  ),
  image_url_max: z.nullable(z.int().check(z.positive())).check(
    z.describe("Longest image URL in characters"),
  ),
  pdf: z.enum(["none", "file_part"]).check(z.describe("How PDFs are sent")),
  cache: z.enum(["none", "anthropic_parts", "openai_breakpoint"])
    .check(z.describe("What becomes of cache_control")),
  tools: z.boolean().check(z.describe("Can call tools")),
  tool_name_max: z.int().check(z.gte(16), z.describe("Longest tool name")),
  tool_id: z.enum(["any", "alnum9", "kimi"]).check(z.describe("Shape of tool call ids")),
  parallel_tool_calls: z.enum(["send", "omit"]).check(
    z.describe("Whether parallel_tool_calls is known"),
  ),
  tool_choice: z.array(z.enum(["auto", "none", "required", "named"]))
    .check(z.describe("Values of tool_choice that work")),
  tool_choice_thinking: z.nullable(z.array(z.enum(["auto", "none", "required", "named"])))
    .check(z.describe("Values of tool_choice that work while thinking; null for the same")),
  required_spelling: z.enum(["required", "any"]).check(
    z.describe("Spelling of tool_choice required"),
  ),
  strict_tools: z.boolean().check(z.describe("Knows strict on tools")),
  eager_input_streaming: z.boolean().check(z.describe("Knows eager_input_streaming on tools")),
  tools_with_reasoning: z.enum(["ok", "rejected"])
    .check(z.describe("Whether tools and reasoning go together on this endpoint")),
  responses_only: z.boolean().check(z.describe("The model is served by the Responses API only")),
  max_tools: z.nullable(z.int().check(z.positive())).check(z.describe("Most tools in one request")),
  schema: z.array(z.string()).check(z.describe("Cleaning steps for JSON schemas")),
  response_format: z.enum(["json_schema", "json_object", "none"])
    .check(z.describe("Structured output that works")),
  stop: z.enum(["send", "emulate"]).check(
    z.describe("Whether stop sequences are sent or emulated"),
  ),
  stop_max: z.int().check(z.gte(0), z.describe("Most stop sequences in one request")),
  matched_stop_field: z.nullable(z.enum(["stop_reason", "matched_stop"]))
    .check(z.describe("Field of a choice that names the stop sequence that matched")),
  top_k: z.boolean().check(z.describe("Knows top_k")),
  sampling: z.enum(["free", "locked", "locked_when_thinking", "only_when_off"])
    .check(z.describe("When temperature and top_p may be sent")),
  temperature_min: z.number().check(z.describe("Smallest temperature; smaller ones are raised")),
  temperature_max: z.number().check(z.describe("Largest temperature; larger ones are lowered")),
  top_p_open: z.boolean().check(z.describe("Wants top_p strictly between 0 and 1")),
  user_field: z.nullable(z.enum(["user", "safety_identifier"]))
    .check(z.describe("Field that carries the hashed user id")),
  session_field: z.nullable(z.enum(["prompt_cache_key", "session_id"]))
    .check(z.describe("Field that carries a hash of the session")),
  session_header: z.nullable(z.string())
    .check(z.describe("Header that carries the same hash; null for none")),
  item_ids: z.boolean().check(
    z.describe("Wants an id and a status on every item of earlier turns"),
  ),
  service_tier: z.boolean().check(z.describe("Knows service_tier")),
  force_stream: z.boolean().check(z.describe("Always streams upstream, whatever the client wants")),
  drop_fields: z.array(z.string()).check(z.describe("Body fields that are never sent")),
  stream_options: z.boolean().check(z.describe("Knows stream_options.include_usage")),
  usage_output: z.enum(["completion_tokens", "total-prompt"])
    .check(z.describe("Where the output tokens stand")),
  buffer_tool_args: z.boolean().check(
    z.describe("Holds tool arguments back to repair broken JSON"),
  ),
  args_cumulative: z.boolean().check(z.describe("Repeats all arguments in every delta")),
  think_tags: z.boolean().check(
    z.describe("Sends reasoning as <think> text at the start of the answer"),
  ),
  lenient_eof: z.boolean().check(z.describe("Ends streams without a finish reason")),
  reasoning_in: z.enum([
    "all",
    "tool_turns",
    "optional",
    "details",
    "parts",
    "think_tag",
    "gemini_sig",
    "items",
    "none",
  ]).check(z.describe("How reasoning of earlier turns is sent back")),
  reasoning_field: z.enum(["reasoning_content", "reasoning"])
    .check(z.describe("Field for reasoning of earlier turns where the answer did not name it")),
  reasoning_encrypted: z.boolean()
    .check(z.describe("Hands out reasoning items in encrypted form, where the model reasons")),
  summary: z.enum(["auto", "concise", "detailed", "none"])
    .check(z.describe("Summary of its reasoning that a Responses model is asked for")),
  phase: z.boolean().check(z.describe("Marks messages as commentary or final answer")),
  effort: z.enum(["reasoning_effort", "reasoning", "none"])
    .check(z.describe("Field that carries the effort")),
  efforts: z.array(z.string()).check(z.describe("Effort levels the model knows, lowest first")),
  effort_map: z.record(z.string(), z.string()).check(
    z.describe("Level to the provider's own word"),
  ),
  effort_off: z.nullable(z.string()).check(z.describe("Effort that switches thinking off")),
  thinking_on: z.nullable(bodyFragment).check(z.describe("Body fields that switch thinking on")),
  thinking_off: z.nullable(bodyFragment).check(z.describe("Body fields that switch thinking off")),
  thinking_always: z.boolean().check(z.describe("Thinking cannot be switched off")),
  thinking_never: z.boolean().check(
    z.describe("Switches thinking off whatever the client asks for"),
  ),
  thinking_when_absent: z.enum(["omit", "off"])
    .check(z.describe("What a request without thinking means")),
  budget_field: z.nullable(z.string()).check(
    z.describe("Field that carries a thinking budget in tokens"),
  ),
  web_search: z.enum(["none", "openrouter_plugins", "web_search_options", "web_search"])
    .check(z.describe("How the web search tool is offered")),
  web_search_blocked: z.enum(["blocked_domains", "excluded_domains"])
    .check(z.describe("Filter of a native search that names the domains to leave out")),
  web_search_sources: z.boolean().check(z.describe("Names the sources of a search when asked to")),
  token_factor: z.number().check(z.positive(), z.describe("Local token estimate times this")),
  finish_extra: z.record(z.string(), finishMeaning).check(
    z.describe("Finish reasons of this provider"),
  ),
  error_codes: z.record(z.string(), z.union([z.int(), z.literal("context")]))
    .check(z.describe("Error codes of this provider: a status, or context for a context overflow")),
  extra: bodyFragment.check(z.describe("Body fields sent with every request")),
  learn: z.boolean().check(z.describe("Retries once without a parameter that a 400 names")),
  repair_sse: z.boolean().check(
    z.describe("Re-emits an Anthropic stream that breaks the event grammar"),
  ),
  drop_mid_system: z.boolean().check(
    z.describe("Turns mid-conversation system messages into reminders"),
  ),
  drop_betas: z.array(z.string()).check(
    z.describe("Globs of anthropic-beta flags that are not forwarded"),
  ),
});

/**
 * Strict schema of `quirks:`: every field optional, none unknown. Lazy, because few files have
 * any, and building it takes an eighth of the start (Deno 2.7.11).
 */
export const quirksSchema = z.lazy(() => z.partial(z.strictObject(quirksShape())));

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
