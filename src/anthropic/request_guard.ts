import { InvalidRequestError } from "../errors.ts";
import { isObject, isPresent, type JsonObject, nestsDeeper } from "../json.ts";
import { parseBody, type ParsedBody, rememberTools } from "./known_tools.ts";
import type { MessagesRequest } from "./request.ts";

/** What a body is checked for. */
export interface GuardOptions {
  /** `count_tokens` needs no `max_tokens`. */
  readonly countTokens?: boolean;
  /** Levels of arrays and objects that a body may have; by default any number. */
  readonly maxDepth?: number;
}

/**
 * Parses the text of a `POST /v1/messages` body.
 *
 * Checks by hand what the translators rely on, without a copy; unknown fields and block types
 * are allowed, because new clients bring new ones.
 *
 * @throws {InvalidRequestError} If it is not JSON, or a field that is read has another type.
 * @see {@link https://docs.anthropic.com/en/api/messages}
 */
export function parseMessagesRequest(text: string, options: GuardOptions = {}): MessagesRequest {
  const { value, tools } = parsed(text);
  if (options.maxDepth !== undefined && nestsDeeper(value, options.maxDepth)) {
    throw nestedTooDeeply(options.maxDepth);
  }
  if (!isObject(value)) throw new InvalidRequestError("The request body must be a JSON object");
  const body = tools ? Object.assign(value, { tools }) : value;
  if (typeof body.model !== "string" || body.model === "") fail("model", "a non-empty string");
  if (!Array.isArray(body.messages) || body.messages.length === 0) {
    fail("messages", "a non-empty array");
  }
  if (!options.countTokens || isPresent(body.max_tokens)) {
    if (!Number.isInteger(body.max_tokens) || Number(body.max_tokens) < 0) {
      fail("max_tokens", "an integer of at least 0");
    }
  }
  checkScalars(body);
  checkSystem(body.system);
  checkTools(body);
  for (let at = 0; at < body.messages.length; at++) checkMessage(body.messages[at], at);
  const request = body as unknown as MessagesRequest;
  if (!tools && request.tools) rememberTools(text, request.tools);
  return request;
}

function parsed(text: string): ParsedBody {
  try {
    return parseBody(text);
  } catch (cause) {
    throw new InvalidRequestError(`The request body is not valid JSON: ${reason(cause)}`, {
      cause,
    });
  }
}

/** The error for a body of more levels than are taken. */
export function nestedTooDeeply(maxDepth: number): InvalidRequestError {
  return new InvalidRequestError(`The request is nested too deeply: ${maxDepth} levels at most`);
}

function checkScalars(body: JsonObject): void {
  for (const name of ["temperature", "top_p", "top_k"]) {
    if (isPresent(body[name]) && typeof body[name] !== "number") fail(name, "a number");
  }
  for (const name of ["thinking", "output_config", "metadata", "context_management"]) {
    if (isPresent(body[name]) && !isObject(body[name])) fail(name, "an object");
  }
  if (isPresent(body.stream) && typeof body.stream !== "boolean") fail("stream", "a boolean");
  const stops = body.stop_sequences;
  if (
    isPresent(stops) && !(Array.isArray(stops) && stops.every((stop) => typeof stop === "string"))
  ) {
    fail("stop_sequences", "an array of strings");
  }
}

function checkSystem(system: unknown): void {
  if (!isPresent(system) || typeof system === "string") return;
  if (!Array.isArray(system)) return fail("system", "a string or an array of text blocks");
  for (let at = 0; at < system.length; at++) checkBlock(system[at], () => `system.${at}`, 0);
}

function checkTools(body: JsonObject): void {
  const { tools, tool_choice: choice } = body;
  if (isPresent(choice)) {
    if (!isObject(choice) || typeof choice.type !== "string") {
      fail("tool_choice", "an object with a type");
    }
    if (choice.type === "tool" && typeof choice.name !== "string") {
      fail("tool_choice.name", "a string");
    }
  }
  if (!isPresent(tools)) return;
  if (!Array.isArray(tools)) fail("tools", "an array");
  const names = new Set<string>();
  tools.forEach((tool: unknown, at: number) => {
    if (!isObject(tool)) return fail(`tools.${at}`, "an object");
    const custom = !isPresent(tool.type) || tool.type === "custom";
    if (custom && (typeof tool.name !== "string" || tool.name === "")) {
      fail(`tools.${at}.name`, "a non-empty string");
    }
    if (isPresent(tool.input_schema) && !isObject(tool.input_schema)) {
      fail(`tools.${at}.input_schema`, "an object");
    }
    if (typeof tool.name !== "string") return;
    if (names.has(tool.name)) {
      throw new InvalidRequestError(`tools.${at}.name: Tool names must be unique: '${tool.name}'`);
    }
    names.add(tool.name);
  });
}

function checkMessage(message: unknown, at: number): void {
  if (!isObject(message)) return fail(`messages.${at}`, "an object");
  const { role, content } = message;
  if (role !== "user" && role !== "assistant" && role !== "system") {
    fail(`messages.${at}.role`, "'user', 'assistant' or 'system'");
  }
  if (typeof content === "string") return;
  if (!Array.isArray(content)) fail(`messages.${at}.content`, "a string or an array of blocks");
  for (let index = 0; index < content.length; index++) {
    checkBlock(content[index], () => `messages.${at}.content.${index}`, 0);
  }
}

/** How deep blocks may nest: a tool result holds a document, which holds blocks. */
const MAX_BLOCK_DEPTH = 8;

/** The path is built only for an error: a body has thousands of blocks. */
function checkBlock(block: unknown, path: () => string, depth: number): void {
  if (!isObject(block) || typeof block.type !== "string") {
    return fail(path(), "a content block with a type");
  }
  switch (block.type) {
    case "text":
      return need(block, "text", path);
    case "thinking":
      return need(block, "thinking", path);
    case "redacted_thinking":
      return need(block, "data", path);
    case "tool_use":
      needFilled(block, "id", path);
      return needFilled(block, "name", path);
    case "tool_result":
      needFilled(block, "tool_use_id", path);
      return checkContent(block.content, () => `${path()}.content`, depth);
    case "image":
    case "document":
      return checkSource(block.source, () => `${path()}.source`, depth);
    case "search_result":
      need(block, "source", path);
      need(block, "title", path);
      return checkContent(block.content, () => `${path()}.content`, depth);
  }
}

function checkContent(content: unknown, path: () => string, depth: number): void {
  if (!isPresent(content) || typeof content === "string") return;
  if (!Array.isArray(content)) return fail(path(), "a string or an array of blocks");
  if (depth >= MAX_BLOCK_DEPTH) {
    throw new InvalidRequestError(`${path()}: Content blocks are nested too deeply`);
  }
  for (let at = 0; at < content.length; at++) {
    checkBlock(content[at], () => `${path()}.${at}`, depth + 1);
  }
}

function checkSource(source: unknown, path: () => string, depth: number): void {
  if (!isObject(source) || typeof source.type !== "string") {
    return fail(path(), "an object with a type");
  }
  if (source.type === "base64" || source.type === "text") need(source, "data", path);
  if (source.type === "url") need(source, "url", path);
  if (source.type === "content") checkContent(source.content, () => `${path()}.content`, depth);
}

function need(object: JsonObject, name: string, path: () => string): void {
  if (typeof object[name] !== "string") fail(`${path()}.${name}`, "a string");
}

function needFilled(object: JsonObject, name: string, path: () => string): void {
  if (typeof object[name] !== "string" || object[name] === "") {
    fail(`${path()}.${name}`, "a non-empty string");
  }
}

function fail(path: string, wanted: string): never {
  throw new InvalidRequestError(`${path}: Input should be ${wanted}`);
}

/** The parser's words without the excerpt of the body that V8 adds: it may be prompt text. */
function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : "";
  return /position \d+( \(line \d+ column \d+\))?/.exec(text)?.[0] ?? "it ends too early";
}
