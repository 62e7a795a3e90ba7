import { stableId } from "../anthropic/ids.ts";
import { isObject, type JsonObject } from "../json.ts";
import { seenIn } from "./attachments.ts";
import { countTokens, type DemoPrompt, spokenText } from "./model.ts";

/** A Messages request that was found sound. */
export interface AnthropicRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly hidesThinking: boolean;
  readonly inputTokens: number;
  readonly prompt: DemoPrompt;
}

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;

/** What the demo model signs its thinking with; it refuses any other, as Claude does. */
export function signatureOf(thinking: string): string {
  return stableId("demo_", thinking);
}

/** Reads a request as strictly as Anthropic does where a relay could go wrong; or says why not. */
export function readAnthropicRequest(
  body: unknown,
  headers: Headers,
  { countTokens: counts = false } = {},
): AnthropicRequest | string {
  if (!headers.has("anthropic-version")) return "anthropic-version: header is required";
  if (!isObject(body)) return "The request body is not valid JSON";
  const { model, messages } = body;
  if (typeof model !== "string" || model === "") return "model: Field required";
  if (!Array.isArray(messages)) return "messages: Field required";
  if (messages.length === 0) return "messages: at least one message is required";
  const problem = (counts ? undefined : checkLimits(body)) ?? checkMessages(messages) ??
    checkTools(body);
  return problem ?? {
    model,
    stream: body.stream === true,
    hidesThinking: isObject(body.thinking) && body.thinking.display === "omitted",
    inputTokens: countTokens(JSON.stringify([body.system, messages, body.tools], shortenData)),
    prompt: readPrompt(body, messages.filter(isObject)),
  };
}

function checkLimits({ max_tokens: limit, thinking }: JsonObject): string | undefined {
  if (limit === undefined) return "max_tokens: Field required";
  if (!Number.isInteger(limit) || Number(limit) < 0) {
    return "max_tokens: Input should be greater than or equal to 0";
  }
  const budget = isObject(thinking) ? thinking.budget_tokens : undefined;
  return typeof budget === "number" && budget >= Number(limit)
    ? "`max_tokens` must be greater than `thinking.budget_tokens`"
    : undefined;
}

function checkMessages(messages: readonly unknown[]): string | undefined {
  let open: readonly string[] = [];
  for (const [at, message] of messages.entries()) {
    if (!isObject(message)) return `messages.${at}: Input should be an object`;
    const { role, content } = message;
    if (role !== "user" && role !== "assistant" && role !== "system") {
      return `messages.${at}.role: Input should be 'user', 'assistant' or 'system'`;
    }
    if (typeof content !== "string" && !Array.isArray(content)) {
      return `messages.${at}.content: Input should be a valid string or array`;
    }
    const blocks = list(content);
    const problem = checkBlocks(blocks, at) ?? checkResults(blocks, open, at);
    if (problem) return problem;
    open = blocks.filter(({ type }) => type === "tool_use").map(({ id }) => String(id));
  }
  return undefined;
}

function checkBlocks(blocks: readonly JsonObject[], at: number): string | undefined {
  for (const [index, block] of blocks.entries()) {
    const path = `messages.${at}.content.${index}`;
    if (typeof block.type !== "string") return `${path}.type: Field required`;
    if (block.type === "text" && !block.text) {
      return "messages: text content blocks must be non-empty";
    }
    const isForged = block.type === "thinking" &&
      block.signature !== signatureOf(String(block.thinking));
    if (isForged) return `${path}: Invalid \`signature\` in \`thinking\` block`;
    if (block.type === "redacted_thinking") {
      return `${path}: Invalid \`data\` in \`redacted_thinking\` block`;
    }
  }
  return undefined;
}

function checkResults(
  blocks: readonly JsonObject[],
  open: readonly string[],
  at: number,
): string | undefined {
  const results = blocks.filter(({ type }) => type === "tool_result")
    .map(({ tool_use_id: id }) => String(id));
  const unknown = results.find((id) => !open.includes(id));
  if (unknown !== undefined) {
    return `messages.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${unknown}`;
  }
  const missing = open.filter((id) => !results.includes(id));
  return missing.length === 0
    ? undefined
    : `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ` +
      missing.join(", ");
}

function checkTools({ tools }: JsonObject): string | undefined {
  if (tools === undefined) return undefined;
  if (!Array.isArray(tools)) return "tools: Input should be a valid array";
  const at = tools.findIndex((tool) => !isObject(tool) || !TOOL_NAME.test(String(tool.name ?? "")));
  return at < 0 ? undefined : `tools.${at}.name: String should match pattern '${TOOL_NAME.source}'`;
}

function readPrompt(body: JsonObject, messages: readonly JsonObject[]): DemoPrompt {
  const questions = messages.filter(({ role }) => role === "user")
    .map(({ content }) => spokenText(textOf(content)));
  const since = messages.slice(messages.findLastIndex(({ role }) => role === "assistant") + 1)
    .flatMap(({ content }) => list(content));
  const results = since.filter(({ type }) => type === "tool_result");
  const choice = isObject(body.tool_choice) ? body.tool_choice : {};
  return {
    question: questions.findLast((question) => question !== "") ?? "",
    toolResults: results.map(({ content }) => textOf(content)),
    attachments: [...since, ...results.flatMap(({ content }) => list(content))]
      .filter(({ type }) => type === "image" || type === "document").length,
    seen: seenIn(since),
    orders: messages.filter(({ role }) => role === "system").map(({ content }) => textOf(content)),
    tools: list(body.tools).map(({ name, input_schema }) => ({
      name: String(name),
      schema: input_schema,
    })),
    toolChoice: readChoice(choice),
    parallel: choice.disable_parallel_tool_use !== true,
    maxTokens: typeof body.max_tokens === "number" ? body.max_tokens : undefined,
    stops: Array.isArray(body.stop_sequences) ? body.stop_sequences.map(String) : [],
    reasons: isObject(body.thinking) && body.thinking.type !== "disabled",
    outputSchema: readSchema(body),
  };
}

function readChoice({ type, name }: JsonObject): DemoPrompt["toolChoice"] {
  if (type === "tool") return { name: String(name) };
  return type === "any" || type === "none" ? type : "auto";
}

function readSchema({ output_config, output_format }: JsonObject): unknown {
  const format = isObject(output_config) ? output_config.format ?? output_format : output_format;
  return isObject(format) && format.type === "json_schema" ? format.schema : undefined;
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
function shortenData(name: string, value: unknown): unknown {
  return name === "data" && typeof value === "string" ? "image" : value;
}
