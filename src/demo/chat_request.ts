import { isObject, type JsonObject } from "../json.ts";
import type { Refusal } from "./api.ts";
import { seenIn } from "./attachments.ts";
import { countTokens, type DemoPrompt, spokenText } from "./model.ts";

/** A chat completions request that was found sound. */
export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly promptTokens: number;
  readonly prompt: DemoPrompt;
}

const ROLES = ["system", "developer", "user", "assistant", "tool"] as const;

const PART_TYPES: ReadonlySet<unknown> = new Set(["text", "image_url", "file", "refusal"]);

/** Top-level fields of Anthropic that must not have come through. */
const FOREIGN = ["system", "stop_sequences", "output_config", "context_management"] as const;

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

const MAX_STOPS = 4;

/** Reads a request as strictly as OpenAI does where a translation could go wrong. */
export function readChatRequest(body: unknown): ChatRequest | Refusal {
  if (!isObject(body)) {
    return { message: "We could not parse the JSON body of your request." };
  }
  const { model, messages } = body;
  if (typeof model !== "string" || model === "") {
    return { message: "you must provide a model parameter" };
  }
  if (!Array.isArray(messages)) return missing("messages");
  const refusal = checkFields(body) ?? checkMessages(messages) ?? checkTools(body);
  return refusal ?? {
    model,
    stream: body.stream === true,
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    promptTokens: countTokens(JSON.stringify([messages, body.tools], shortenData)),
    prompt: readPrompt(body, messages.filter(isObject)),
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

function checkFields(body: JsonObject): Refusal | undefined {
  const foreign = FOREIGN.find((field) => field in body);
  if (foreign) return { message: `Unrecognized request argument supplied: ${foreign}` };
  for (const field of ["max_tokens", "max_completion_tokens"]) {
    const value = body[field] ?? 1;
    if (!Number.isInteger(value) || Number(value) < 1) {
      return invalid(field, "integer below minimum value. Expected a value >= 1");
    }
  }
  const stops = stopsOf(body);
  if (stops.length > MAX_STOPS) {
    return invalid("stop", `array too long. Expected at most ${MAX_STOPS}`);
  }
  if (!stops.every((stop) => typeof stop === "string" && stop !== "")) {
    return invalid("stop", "expected a string or an array of strings");
  }
  if (isObject(body.stream_options) && body.stream !== true) {
    return invalid("stream_options", "only allowed when 'stream' is enabled");
  }
  return undefined;
}

function checkMessages(messages: readonly unknown[]): Refusal | undefined {
  if (messages.length === 0) return invalid("messages", "empty array. Expected at least one");
  let open = new Set<unknown>();
  for (const [at, message] of messages.entries()) {
    const path = `messages[${at}]`;
    if (!isObject(message)) return invalid(path, "expected an object");
    const refusal = checkMessage(message, path);
    if (refusal) return refusal;
    if (message.role === "tool") {
      if (open.delete(message.tool_call_id)) continue;
      return invalid(
        path,
        "messages with role 'tool' must be a response to a preceding message " +
          "with 'tool_calls'",
      );
    }
    if (open.size > 0) return unanswered(open);
    if (message.role === "assistant") open = new Set(callsOf(message).map(({ id }) => id));
  }
  return open.size > 0 ? unanswered(open) : undefined;
}

function unanswered(ids: ReadonlySet<unknown>): Refusal {
  return {
    message:
      "An assistant message with 'tool_calls' must be followed by tool messages responding " +
      `to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${
        [...ids].join(", ")
      }`,
    param: "messages",
  };
}

function checkMessage(message: JsonObject, path: string): Refusal | undefined {
  const { role, content } = message;
  if (!ROLES.some((known) => known === role)) {
    return invalid(`${path}.role`, `supported values are: ${ROLES.join(", ")}`);
  }
  const mayBeEmpty = role === "assistant" && callsOf(message).length > 0;
  if (typeof content === "string" || ((content ?? null) === null && mayBeEmpty)) return undefined;
  if (!Array.isArray(content)) return invalid(`${path}.content`, "expected a string or an array");
  const index = content.findIndex((part) => !isObject(part) || !PART_TYPES.has(part.type));
  return index < 0
    ? undefined
    : invalid(`${path}.content[${index}]`, "unknown type of content part");
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
    if (!isObject(tool) || tool.type !== "function" || !isObject(tool.function)) {
      return invalid(`tools[${at}].type`, "supported values are: 'function'");
    }
    if (!TOOL_NAME.test(String(tool.function.name ?? ""))) {
      return invalid(
        `tools[${at}].function.name`,
        `expected a string that matches ${TOOL_NAME.source}`,
      );
    }
  }
  return undefined;
}

function readPrompt(body: JsonObject, messages: readonly JsonObject[]): DemoPrompt {
  const questions = messages.filter(({ role }) => role === "user")
    .map(({ content }) => spokenText(textOf(content)));
  const since = messages.slice(messages.findLastIndex(({ role }) => role === "assistant") + 1);
  return {
    question: questions.findLast((question) => question !== "") ?? "",
    toolResults: since.filter(({ role }) => role === "tool").map(({ content }) => textOf(content)),
    attachments: since.flatMap(({ content }) => Array.isArray(content) ? content : [])
      .filter((part) => isObject(part) && (part.type === "image_url" || part.type === "file"))
      .length,
    seen: seenIn(since),
    orders: ordersOf(messages),
    tools: list(body.tools).map(({ function: tool }) => ({
      name: String(isObject(tool) && tool.name),
      schema: isObject(tool) ? tool.parameters : undefined,
    })),
    toolChoice: readChoice(body.tool_choice),
    parallel: body.parallel_tool_calls !== false,
    maxTokens: Number(body.max_completion_tokens ?? body.max_tokens ?? Infinity),
    stops: stopsOf(body).map(String),
    reasons: asksToReason(body),
    outputSchema: readSchema(body.response_format),
  };
}

/** What the system says at the beginning is no order. */
function ordersOf(messages: readonly JsonObject[]): readonly string[] {
  return messages.slice(messages.findIndex(({ role }) => role === "user"))
    .filter(({ role }) => role === "system" || role === "developer")
    .map(({ content }) => textOf(content));
}

function readChoice(choice: unknown): DemoPrompt["toolChoice"] {
  if (isObject(choice) && isObject(choice.function)) return { name: String(choice.function.name) };
  if (choice === "none") return "none";
  return choice === "required" ? "any" : "auto";
}

/** Reasoning is asked for in as many ways as there are providers. */
function asksToReason(
  { reasoning_effort: effort, reasoning, thinking, enable_thinking }: JsonObject,
): boolean {
  if (typeof effort === "string") return effort !== "none";
  if (isObject(thinking)) return thinking.type !== "disabled";
  return enable_thinking === true || (isObject(reasoning) && reasoning.enabled !== false);
}

function readSchema(format: unknown): unknown {
  if (!isObject(format)) return undefined;
  if (format.type === "json_schema" && isObject(format.json_schema)) {
    return format.json_schema.schema;
  }
  return format.type === "json_object" ? {} : undefined;
}

function stopsOf({ stop }: JsonObject): readonly unknown[] {
  if (stop === undefined || stop === null) return [];
  return Array.isArray(stop) ? stop : [stop];
}

function callsOf({ tool_calls: calls }: JsonObject): readonly JsonObject[] {
  return list(calls);
}

function list(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return list(content).filter(({ type }) => type === "text").map(({ text }) => String(text)).join(
    "\n",
  );
}

/** Images count by what they show, not by the length of their data. */
function shortenData(_name: string, value: unknown): unknown {
  return typeof value === "string" && value.startsWith("data:") ? "image" : value;
}
