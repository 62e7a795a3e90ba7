import { stableId } from "../anthropic/ids.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { Refusal } from "./api.ts";
import { seenIn } from "./attachments.ts";
import { countTokens, type DemoPrompt, spokenText } from "./model.ts";
import { checkInput } from "./responses_input.ts";

/** A Responses request that was found sound. */
export interface ResponsesRequest {
  readonly stream: boolean;
  readonly inputTokens: number;
  readonly wantsSummary: boolean;
  /** Whether reasoning comes in encrypted form too. */
  readonly wantsState: boolean;
  readonly prompt: DemoPrompt;
  /** What the response repeats of the request. */
  readonly echo: JsonObject;
}

/** Every field that the API documents (openapi.json, 2026-11); any other is refused. */
const FIELDS: ReadonlySet<string> = new Set([
  "background",
  "context_management",
  "conversation",
  "include",
  "input",
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  "metadata",
  "model",
  "parallel_tool_calls",
  "previous_response_id",
  "prompt",
  "prompt_cache_key",
  "prompt_cache_retention",
  "reasoning",
  "safety_identifier",
  "service_tier",
  "store",
  "stream",
  "stream_options",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_logprobs",
  "top_p",
  "truncation",
  "user",
]);

/** Fields of `/responses/input_tokens`. */
const COUNTED: ReadonlySet<string> = new Set([
  "conversation",
  "input",
  "instructions",
  "model",
  "parallel_tool_calls",
  "previous_response_id",
  "reasoning",
  "text",
  "tool_choice",
  "tools",
  "truncation",
]);

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const MIN_OUTPUT_TOKENS = 16;

/** What the demo model's reasoning looks like in encrypted form. */
export function encryptReasoning(text: string): string {
  return stableId("demo_", text);
}

/** Reads a request as strictly as OpenAI does where a translation could go wrong. */
export function readResponsesRequest(
  body: unknown,
  { counts = false } = {},
): ResponsesRequest | Refusal {
  if (!isObject(body)) return { message: "We could not parse the JSON body of your request." };
  const { model, input } = body;
  if (typeof model !== "string" || model === "") return missing("model");
  if (!Array.isArray(input)) return missing("input");
  const refusal = checkFields(body, counts ? COUNTED : FIELDS) ?? checkInput(input) ??
    checkTools(body);
  return refusal ?? {
    stream: body.stream === true,
    inputTokens: countTokens(JSON.stringify([body.instructions, input, body.tools], shortenData)),
    wantsSummary: isObject(body.reasoning) && typeof body.reasoning.summary === "string",
    wantsState: Array.isArray(body.include) && body.include.includes("reasoning.encrypted_content"),
    prompt: readPrompt(body, input.filter(isObject)),
    echo: {
      model,
      instructions: body.instructions ?? null,
      max_output_tokens: body.max_output_tokens ?? null,
      metadata: {},
      parallel_tool_calls: body.parallel_tool_calls !== false,
      reasoning: body.reasoning ?? null,
      store: body.store !== false,
      temperature: body.temperature ?? 1,
      text: body.text ?? { format: { type: "text" } },
      tool_choice: body.tool_choice ?? "auto",
      tools: body.tools ?? [],
      top_p: body.top_p ?? 1,
    },
  };
}

function missing(param: string): Refusal {
  return {
    message: `Missing required parameter: '${param}'.`,
    param,
    code: "missing_required_parameter",
  };
}

function invalid(param: string, problem: string): Refusal {
  return { message: `Invalid '${param}': ${problem}.`, param, code: "invalid_value" };
}

function checkFields(body: JsonObject, known: ReadonlySet<string>): Refusal | undefined {
  const foreign = Object.keys(body).find((field) => !known.has(field));
  if (foreign !== undefined) {
    return {
      message: `Unknown parameter: '${foreign}'.`,
      param: foreign,
      code: "unknown_parameter",
    };
  }
  const limit = body.max_output_tokens ?? MIN_OUTPUT_TOKENS;
  return Number.isInteger(limit) && Number(limit) >= MIN_OUTPUT_TOKENS ? undefined : {
    message: `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ` +
      `${MIN_OUTPUT_TOKENS}, but got ${limit} instead.`,
    param: "max_output_tokens",
    code: "integer_below_min_value",
  };
}

function checkTools({ tools, tool_choice: choice }: JsonObject): Refusal | undefined {
  if (tools === undefined) {
    const isForced = choice !== undefined && choice !== "none" && choice !== "auto";
    return isForced ? invalid("tool_choice", "only allowed when 'tools' are specified") : undefined;
  }
  if (!Array.isArray(tools) || tools.length === 0) {
    return invalid("tools", "expected an array of tools");
  }
  for (const [at, tool] of tools.entries()) {
    const refusal = isObject(tool) ? checkTool(tool, at) : invalid(`tools[${at}]`, "no object");
    if (refusal) return refusal;
  }
  return undefined;
}

function checkTool(tool: JsonObject, at: number): Refusal | undefined {
  if (tool.type === "web_search") return undefined;
  if (tool.type !== "function") {
    return invalid(`tools[${at}].type`, "supported values are: 'function' and 'web_search'");
  }
  if (!TOOL_NAME.test(String(tool.name ?? ""))) {
    return invalid(`tools[${at}].name`, `expected a string that matches ${TOOL_NAME.source}`);
  }
  // Left out, `strict` is true.
  if (tool.strict === false || isClosed(tool.parameters)) return undefined;
  return {
    message: `Invalid schema for function '${tool.name}': In context=(), ` +
      "'additionalProperties' is required to be supplied and to be false, and 'required' has to " +
      "include every key in properties.",
    param: `tools[${at}].parameters`,
    code: "invalid_function_parameters",
  };
}

/** True if strict mode takes an object schema, nested ones included. */
function isClosed(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  if (schema.type === "array") return isClosed(schema.items);
  if (schema.type !== "object") return true;
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  return schema.additionalProperties === false &&
    Object.entries(properties).every(([name, one]) => required.includes(name) && isClosed(one));
}

function readPrompt(body: JsonObject, items: readonly JsonObject[]): DemoPrompt {
  const questions = items.filter(({ role }) => role === "user")
    .map(({ content }) => spokenText(textOf(content)));
  const since = items.slice(items.findLastIndex(isAnswer) + 1);
  const results = since.filter(({ type }) => type === "function_call_output");
  const shown = [...since, ...results.map(({ output }) => ({ content: output }))];
  return {
    question: questions.findLast((question) => question !== "") ?? "",
    toolResults: results.map(({ output }) => textOf(output)),
    attachments: shown.flatMap(({ content }) => list(content))
      .filter(({ type }) => type === "input_image" || type === "input_file").length,
    seen: seenIn(since),
    orders: ordersOf(items),
    tools: list(body.tools).filter(({ type }) => type === "function")
      .map(({ name, parameters }) => ({ name: String(name), schema: parameters })),
    toolChoice: readChoice(body.tool_choice),
    parallel: body.parallel_tool_calls !== false,
    maxTokens: Number(body.max_output_tokens ?? Infinity),
    stops: [],
    reasons: isObject(body.reasoning) && body.reasoning.effort !== "none",
    outputSchema: readSchema(body.text),
  };
}

/** What the system says at the beginning is no order. */
function ordersOf(items: readonly JsonObject[]): readonly string[] {
  return items.slice(items.findIndex(({ role }) => role === "user"))
    .filter(({ role }) => role === "system" || role === "developer")
    .map(({ content }) => textOf(content));
}

function isAnswer({ type, role }: JsonObject): boolean {
  return role === "assistant" || type === "function_call" || type === "reasoning";
}

function readChoice(choice: unknown): DemoPrompt["toolChoice"] {
  if (isObject(choice) && choice.type === "function") return { name: String(choice.name) };
  if (choice === "none") return "none";
  return choice === "required" ? "any" : "auto";
}

function readSchema(text: unknown): unknown {
  const format = isObject(text) && isObject(text.format) ? text.format : {};
  if (format.type === "json_schema") return format.schema;
  return format.type === "json_object" ? {} : undefined;
}

function list(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return list(content).filter(({ text }) => typeof text === "string").map(({ text }) => text)
    .join("\n");
}

/** Images count by what they show, not by the length of their data. */
function shortenData(_name: string, value: unknown): unknown {
  return typeof value === "string" && value.startsWith("data:") ? "image" : value;
}
