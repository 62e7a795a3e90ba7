import { InvalidRequestError } from "../errors.ts";
import { isObject, isPresent, type JsonObject, nestsDeeper } from "../json.ts";
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
  const value = parsed(text);
  if (options.maxDepth !== undefined && nestsDeeper(value, options.maxDepth)) {
    throw nestedTooDeeply(options.maxDepth);
  }
  return checkMessagesRequest(value, options);
}

/**
 * Checks the parsed body of `POST /v1/messages`, and returns it.
 *
 * @throws {InvalidRequestError} If a field that is read has another type.
 */
export function checkMessagesRequest(
  body: unknown,
  options: Pick<GuardOptions, "countTokens"> = {},
): MessagesRequest {
  if (!isObject(body)) throw new InvalidRequestError("The request body must be a JSON object");
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
  return body as unknown as MessagesRequest;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
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
  refuse("system", blocksProblem(system, 0));
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
  const problem = blocksProblem(content, 0);
  if (problem) refuse(`messages.${at}.content`, problem);
}

/** How deep blocks may nest: a tool result holds a document, which holds blocks. */
const MAX_BLOCK_DEPTH = 8;

/** What is wrong with a part of the body. */
interface Problem {
  /** Where in that part, with a dot before each step; empty for the part itself. */
  readonly path: string;
  readonly message: string;
}

/**
 * The first problem of a list of blocks. Whoever finds none makes nothing at all: a body has
 * thousands of blocks, and their paths are needed for an error only.
 */
function blocksProblem(blocks: readonly unknown[], depth: number): Problem | undefined {
  for (let at = 0; at < blocks.length; at++) {
    const problem = blockProblem(blocks[at], depth);
    if (problem) return inside(`.${at}`, problem);
  }
  return undefined;
}

function blockProblem(block: unknown, depth: number): Problem | undefined {
  if (!isObject(block) || typeof block.type !== "string") {
    return wrong("", "a content block with a type");
  }
  switch (block.type) {
    case "text":
      return needed(block, "text");
    case "thinking":
      return needed(block, "thinking");
    case "redacted_thinking":
      return needed(block, "data");
    case "tool_use":
      return neededFilled(block, "id") ?? neededFilled(block, "name");
    case "tool_result":
      return neededFilled(block, "tool_use_id") ?? contentProblem(block.content, depth);
    case "image":
    case "document":
      return sourceProblem(block.source, depth);
    case "search_result":
      return needed(block, "source") ?? needed(block, "title") ??
        contentProblem(block.content, depth);
    default:
      return undefined;
  }
}

function contentProblem(content: unknown, depth: number): Problem | undefined {
  if (!isPresent(content) || typeof content === "string") return undefined;
  if (!Array.isArray(content)) return wrong(".content", "a string or an array of blocks");
  if (depth >= MAX_BLOCK_DEPTH) {
    return { path: ".content", message: "Content blocks are nested too deeply" };
  }
  const problem = blocksProblem(content, depth + 1);
  return problem && inside(".content", problem);
}

function sourceProblem(source: unknown, depth: number): Problem | undefined {
  if (!isObject(source) || typeof source.type !== "string") {
    return wrong(".source", "an object with a type");
  }
  const problem = sourceMemberProblem(source, depth);
  return problem && inside(".source", problem);
}

function sourceMemberProblem(source: JsonObject, depth: number): Problem | undefined {
  switch (source.type) {
    case "base64":
    case "text":
      return needed(source, "data");
    case "url":
      return needed(source, "url");
    case "content":
      return contentProblem(source.content, depth);
    default:
      return undefined;
  }
}

function needed(object: JsonObject, name: string): Problem | undefined {
  return typeof object[name] === "string" ? undefined : wrong(`.${name}`, "a string");
}

function neededFilled(object: JsonObject, name: string): Problem | undefined {
  const value = object[name];
  const isFilled = typeof value === "string" && value !== "";
  return isFilled ? undefined : wrong(`.${name}`, "a non-empty string");
}

function inside(path: string, problem: Problem): Problem {
  return { ...problem, path: path + problem.path };
}

function wrong(path: string, wanted: string): Problem {
  return { path, message: `Input should be ${wanted}` };
}

function refuse(part: string, problem: Problem | undefined): void {
  if (problem) throw new InvalidRequestError(`${part}${problem.path}: ${problem.message}`);
}

function fail(path: string, wanted: string): never {
  throw new InvalidRequestError(`${path}: Input should be ${wanted}`);
}

/** The parser's words without the excerpt of the body that V8 adds: it may be prompt text. */
function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : "";
  return /position \d+( \(line \d+ column \d+\))?/.exec(text)?.[0] ?? "it ends too early";
}
