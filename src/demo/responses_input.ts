import { isObject, type JsonObject } from "../json.ts";
import type { Refusal } from "./api.ts";

const ROLES: ReadonlySet<unknown> = new Set(["user", "assistant", "system", "developer"]);

/** Parts by who says them. */
const INPUT_PARTS: ReadonlySet<unknown> = new Set(["input_text", "input_image", "input_file"]);
const OUTPUT_PARTS: ReadonlySet<unknown> = new Set(["output_text", "refusal"]);

/** What reasoning may lead to. */
const FOLLOWERS: ReadonlySet<unknown> = new Set([
  "function_call",
  "custom_tool_call",
  "web_search_call",
  "reasoning",
]);

const ENCRYPTED = /^demo_[0-9A-Za-z]{24}$/;
const MAX_CALL_ID = 64;

/** Checks `input` as OpenAI does: what belongs together must be together. */
export function checkInput(input: readonly unknown[]): Refusal | undefined {
  const open = new Map<unknown, string>();
  const calls = new Set<unknown>();
  for (const [at, item] of input.entries()) {
    const path = `input[${at}]`;
    if (!isObject(item)) return invalid(path, "expected an object");
    const refusal = checkItem(item, input[at + 1], path);
    if (refusal) return refusal;
    const { type, call_id: id } = item;
    if (type === "function_call" || type === "custom_tool_call") {
      open.set(id, type);
      calls.add(id);
    } else if (typeof type === "string" && type.endsWith("_call_output")) {
      if (!calls.has(id)) return lonely("No tool call found for function call output", id);
      open.delete(id);
    }
  }
  const [unanswered] = open.keys();
  return open.size > 0 ? lonely("No tool output found for function call", unanswered) : undefined;
}

function invalid(param: string, problem: string): Refusal {
  return { message: `Invalid '${param}': ${problem}.`, param, code: "invalid_value" };
}

function lonely(problem: string, id: unknown): Refusal {
  return { message: `${problem} ${String(id)}.`, param: "input" };
}

function checkItem(item: JsonObject, next: unknown, path: string): Refusal | undefined {
  switch (item.type ?? "message") {
    case "message":
      return checkMessage(item, path);
    case "reasoning":
      return checkReasoning(item, next, path);
    case "function_call":
      return typeof item.arguments === "string" && typeof item.name === "string"
        ? checkCallId(item, path)
        : invalid(path, "expected a name and arguments");
    case "custom_tool_call":
      return typeof item.input === "string" ? checkCallId(item, path) : invalid(path, "no input");
    case "function_call_output":
    case "custom_tool_call_output":
      return checkCallId(item, path) ?? checkOutput(item, path);
    case "web_search_call":
      return undefined;
    default:
      return invalid(`${path}.type`, "unknown type of item");
  }
}

function checkMessage({ role, content }: JsonObject, path: string): Refusal | undefined {
  if (!ROLES.has(role)) return invalid(`${path}.role`, "unknown role");
  if (typeof content === "string") return undefined;
  if (!Array.isArray(content)) return invalid(`${path}.content`, "expected a string or an array");
  return checkParts(content, role === "assistant" ? OUTPUT_PARTS : INPUT_PARTS, `${path}.content`);
}

function checkOutput({ output }: JsonObject, path: string): Refusal | undefined {
  if (typeof output === "string") return undefined;
  if (!Array.isArray(output)) return invalid(`${path}.output`, "expected a string or an array");
  return checkParts(output, INPUT_PARTS, `${path}.output`);
}

function checkParts(
  parts: readonly unknown[],
  known: ReadonlySet<unknown>,
  path: string,
): Refusal | undefined {
  const at = parts.findIndex((part) => !isObject(part) || !known.has(part.type));
  return at < 0 ? undefined : invalid(`${path}[${at}]`, "unknown type of content part");
}

function checkCallId({ call_id: id }: JsonObject, path: string): Refusal | undefined {
  return typeof id === "string" && id !== "" && id.length <= MAX_CALL_ID
    ? undefined
    : invalid(`${path}.call_id`, `expected a string of 1 to ${MAX_CALL_ID} characters`);
}

function checkReasoning(
  { id, encrypted_content: state, summary }: JsonObject,
  next: unknown,
  path: string,
): Refusal | undefined {
  const name = typeof id === "string" ? `'${id}' ` : "";
  if (typeof state !== "string" || state === "") {
    return {
      message: `Item ${name}not found. Items are not persisted when \`store\` is set to false. ` +
        "Try again with `store` set to true, or remove this item of type 'reasoning'.",
      param: "input",
    };
  }
  if (!Array.isArray(summary)) return invalid(`${path}.summary`, "expected an array");
  if (!ENCRYPTED.test(state)) {
    return {
      message: `The encrypted content ${state.slice(0, 4)}... could not be verified.`,
      code: "invalid_encrypted_content",
    };
  }
  const leads = isObject(next) && (next.role === "assistant" || FOLLOWERS.has(next.type));
  return leads ? undefined : {
    message: `Item ${name}of type 'reasoning' was provided without its required following item.`,
    param: "input",
  };
}
