import * as z from "zod/mini";

/**
 * Puts the text into the JSON Schema at the schema and returns that one. It must not stand anywhere
 * else: nothing is copied, which `z.describe()` and `check()` do, because building schemas is a good
 * part of the start.
 */
export function described<Schema extends z.ZodMiniType>(schema: Schema, text: string): Schema {
  z.globalRegistry.add(schema, { description: text });
  return schema;
}

/** Fields added to an upstream body as they are. */
function bodyFragment(): z.ZodMiniRecord<z.ZodMiniString, z.ZodMiniUnknown> {
  return z.record(z.string(), z.unknown());
}

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
  auth: described(
    z.enum(["bearer", "x-api-key", "api-key", "aws", "none"]),
    "Header that carries the target's key; aws signs where there is none",
  ),
  chat_path: described(z.string(), "Path of the chat endpoint below base_url"),
  responses_path: described(z.string(), "Path of the Responses endpoint below base_url"),
  count_tokens_path: described(
    z.nullable(z.string()),
    "Path below base_url that counts tokens, {model} the model's id; null for none",
  ),
  models_path: described(
    z.nullable(z.string()),
    "Path of the models list below base_url; null where there is none",
  ),
  max_tokens_field: described(
    z.enum(["max_tokens", "max_completion_tokens"]),
    "Field that carries max_tokens",
  ),
  min_max_tokens: described(z.int().check(z.positive()), "Smallest output limit the API accepts"),
  system_role: described(z.enum(["system", "developer"]), "Role of the leading system message"),
  system_as: described(
    z.enum(["instructions", "instructions_always", "input"]),
    "Where the Responses API takes the system prompt; always sends it even if empty",
  ),
  mid_system: described(
    z.enum(["system", "developer", "user"]),
    "Role of a system message in mid-conversation; user wraps it as a reminder",
  ),
  system_parts: described(z.boolean(), "Sends system blocks as parts, to keep cache markers"),
  content_parts: described(z.boolean(), "Accepts content as an array of parts"),
  strict_alternation: described(z.boolean(), "Wants user and assistant messages to alternate"),
  assistant_empty_content: described(
    z.enum(["null", "empty"]),
    "Content of an assistant message that only calls tools",
  ),
  tool_empty: described(z.string(), "Content of an empty tool result"),
  tool_msg_parts: described(z.boolean(), "Accepts parts in a tool message"),
  tool_msg_images: described(z.boolean(), "Accepts images in a tool message"),
  tool_image_strategy: described(
    z.enum(["user_message", "inline_text"]),
    "Where images of tool results go if a tool message cannot hold them",
  ),
  images: described(z.boolean(), "Sees images; otherwise they become a placeholder"),
  image_url_remote: described(z.boolean(), "Fetches images from URLs; otherwise only base64 works"),
  image_url_max: described(
    z.nullable(z.int().check(z.positive())),
    "Longest image URL in characters",
  ),
  pdf: described(z.enum(["none", "file_part", "document"]), "How PDFs are sent"),
  cache: described(
    z.enum(["none", "anthropic_parts", "openai_breakpoint", "cache_point"]),
    "What becomes of cache_control",
  ),
  tools: described(z.boolean(), "Can call tools"),
  tool_name_max: described(z.int().check(z.gte(16)), "Longest tool name"),
  tool_id: described(z.enum(["any", "alnum9", "kimi", "bedrock"]), "Shape of tool call ids"),
  parallel_tool_calls: described(z.enum(["send", "omit"]), "Whether parallel_tool_calls is known"),
  tool_choice: described(
    z.array(z.enum(["auto", "none", "required", "named"])),
    "Values of tool_choice that work",
  ),
  tool_choice_thinking: described(
    z.nullable(z.array(z.enum(["auto", "none", "required", "named"]))),
    "Values of tool_choice that work while thinking; null for the same",
  ),
  required_spelling: described(z.enum(["required", "any"]), "Spelling of tool_choice required"),
  strict_tools: described(z.boolean(), "Knows strict on tools"),
  eager_input_streaming: described(z.boolean(), "Knows eager_input_streaming on tools"),
  tools_with_reasoning: described(
    z.enum(["ok", "rejected"]),
    "Whether tools and reasoning go together on this endpoint",
  ),
  responses_only: described(z.boolean(), "The model is served by the Responses API only"),
  max_tools: described(z.nullable(z.int().check(z.positive())), "Most tools in one request"),
  schema: described(z.array(z.string()), "Cleaning steps for JSON schemas"),
  response_format: described(
    z.enum(["json_schema", "json_object", "none"]),
    "Structured output that works",
  ),
  stop: described(z.enum(["send", "emulate"]), "Whether stop sequences are sent or emulated"),
  stop_max: described(z.int().check(z.gte(0)), "Most stop sequences in one request"),
  matched_stop_field: described(
    z.nullable(z.enum(["stop_reason", "matched_stop", "stop_sequence"])),
    "Field of a choice that names the stop sequence that matched",
  ),
  top_k: described(z.boolean(), "Knows top_k"),
  sampling: described(
    z.enum(["free", "locked", "locked_when_thinking", "only_when_off"]),
    "When temperature and top_p may be sent",
  ),
  temperature_min: described(z.number(), "Smallest temperature; smaller ones are raised"),
  temperature_max: described(z.number(), "Largest temperature; larger ones are lowered"),
  top_p_open: described(z.boolean(), "Wants top_p strictly between 0 and 1"),
  user_field: described(
    z.nullable(z.enum(["user", "safety_identifier"])),
    "Field that carries the hashed user id",
  ),
  session_field: described(
    z.nullable(z.enum(["prompt_cache_key", "session_id"])),
    "Field that carries a hash of the session",
  ),
  session_header: described(
    z.nullable(z.string()),
    "Header that carries the same hash; null for none",
  ),
  item_ids: described(z.boolean(), "Wants an id and a status on every item of earlier turns"),
  service_tier: described(z.boolean(), "Knows service_tier"),
  force_stream: described(z.boolean(), "Always streams upstream, whatever the client wants"),
  drop_fields: described(z.array(z.string()), "Body fields that are never sent"),
  stream_options: described(z.boolean(), "Knows stream_options.include_usage"),
  usage_output: described(
    z.enum(["completion_tokens", "total-prompt"]),
    "Where the output tokens stand",
  ),
  buffer_tool_args: described(z.boolean(), "Holds tool arguments back to repair broken JSON"),
  args_cumulative: described(z.boolean(), "Repeats all arguments in every delta"),
  think_tags: described(z.boolean(), "Sends reasoning as <think> text at the start of the answer"),
  lenient_eof: described(z.boolean(), "Ends streams without a finish reason"),
  reasoning_in: described(
    z.enum([
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
    ]),
    "How reasoning of earlier turns is sent back",
  ),
  reasoning_field: described(
    z.enum(["reasoning_content", "reasoning"]),
    "Field for reasoning of earlier turns where the answer did not name it",
  ),
  reasoning_encrypted: described(
    z.boolean(),
    "Hands out reasoning items in encrypted form, where the model reasons",
  ),
  summary: described(
    z.enum(["auto", "concise", "detailed", "none"]),
    "Summary of its reasoning that a Responses model is asked for",
  ),
  phase: described(z.boolean(), "Marks messages as commentary or final answer"),
  effort: described(
    z.enum(["reasoning_effort", "reasoning", "none"]),
    "Field that carries the effort",
  ),
  efforts: described(z.array(z.string()), "Effort levels the model knows, lowest first"),
  effort_map: described(z.record(z.string(), z.string()), "Level to the provider's own word"),
  effort_off: described(z.nullable(z.string()), "Effort that switches thinking off"),
  thinking_on: described(z.nullable(bodyFragment()), "Body fields that switch thinking on"),
  thinking_off: described(z.nullable(bodyFragment()), "Body fields that switch thinking off"),
  thinking_always: described(z.boolean(), "Thinking cannot be switched off"),
  thinking_never: described(z.boolean(), "Switches thinking off whatever the client asks for"),
  thinking_when_absent: described(z.enum(["omit", "off"]), "What a request without thinking means"),
  budget_field: described(z.nullable(z.string()), "Field that carries a thinking budget in tokens"),
  web_search: described(
    z.enum(["none", "openrouter_plugins", "web_search_options", "web_search"]),
    "How the web search tool is offered",
  ),
  web_search_blocked: described(
    z.enum(["blocked_domains", "excluded_domains"]),
    "Filter of a native search that names the domains to leave out",
  ),
  web_search_sources: described(z.boolean(), "Names the sources of a search when asked to"),
  token_factor: described(z.number().check(z.positive()), "Local token estimate times this"),
  finish_extra: described(z.record(z.string(), finishMeaning), "Finish reasons of this provider"),
  error_codes: described(
    z.record(z.string(), z.union([z.int(), z.literal("context")])),
    "Error codes of this provider: a status, or context for a context overflow",
  ),
  extra: described(bodyFragment(), "Body fields sent with every request"),
  learn: described(z.boolean(), "Retries once without a parameter that a 400 names"),
  repair_sse: described(z.boolean(), "Re-emits an Anthropic stream that breaks the event grammar"),
  drop_mid_system: described(z.boolean(), "Turns mid-conversation system messages into reminders"),
  drop_betas: described(
    z.array(z.string()),
    "Globs of anthropic-beta flags that are not forwarded",
  ),
  betas: described(z.array(z.string()), "Globs of anthropic-beta flags that the model knows"),
  native_tools: described(
    z.array(z.string()),
    "Globs of Anthropic-defined tool types that the model itself knows, with their beta",
  ),
  billing_header: described(z.boolean(), "Reads Claude Code's billing header in the system prompt"),
  prefill: described(z.boolean(), "Goes on with a trailing assistant message"),
  cache_ttl: described(z.boolean(), "Knows the ttl of a cache marker"),
  cache_tools: described(z.boolean(), "Caches tools too"),
  citations: described(z.boolean(), "Knows search results, and citations and context of documents"),
  tool_status: described(z.boolean(), "Reads the status of a tool result"),
  top_k_path: described(z.string(), "Path below additionalModelRequestFields that carries top_k"),
  effort_path: described(
    z.nullable(z.string()),
    "Path below additionalModelRequestFields that carries the effort",
  ),
  effort_beta: described(z.nullable(z.string()), "Beta flag that goes with an effort"),
  unlimited_efforts: described(
    z.array(z.string()),
    "Efforts with which no output limit may be sent",
  ),
  thinking_display: described(z.boolean(), "Knows thinking.display"),
  temperature_or_top_p: described(z.boolean(), "Takes temperature or top_p, but not both"),
  strict_with_format: described(z.boolean(), "Takes strict tools together with an output schema"),
});

/**
 * Strict schema of `quirks:`: every field optional, none unknown. Lazy, because few files have any.
 */
export const quirksSchema = z.lazy(() => z.partial(z.strictObject(quirksShape())));

// Said here, since zod would build all of it to find out that a missing one stays missing.
quirksSchema._zod.optin = undefined;

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
