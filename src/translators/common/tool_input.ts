import { isObject, type JsonObject, stringifyWellFormed, tryParseJson } from "../../json.ts";
import { repairJsonObject, type RepairOptions } from "./json_repair.ts";

/** What a tool call's arguments were read as. */
export interface ToolInput {
  /** Always an object, which is all that `tool_use.input` may be. */
  readonly input: JsonObject;
  /** True if the arguments were not the JSON text of an object. */
  readonly repaired: boolean;
  /** The arguments as they came, where nothing could be read from them. */
  readonly raw?: string;
}

/**
 * Reads the arguments of an upstream's tool call.
 *
 * No arguments are `{}`; JSON that is no object becomes `{ value }`; text that cannot be repaired
 * becomes `{ _raw }`, so that nothing is lost and no tool runs on an empty input by mistake.
 */
export function parseToolInput(raw: unknown, { truncated }: RepairOptions): ToolInput {
  if (isObject(raw)) return { input: raw, repaired: false };
  if (raw === null || raw === undefined) return { input: {}, repaired: false };
  if (typeof raw !== "string") return { input: { value: raw }, repaired: true };
  if (raw.trim() === "") return { input: {}, repaired: false };
  const parsed = tryParseJson(raw);
  if (isObject(parsed)) return { input: parsed, repaired: false };
  if (parsed === null) return { input: {}, repaired: false };
  if (typeof parsed === "string") return { input: decodeTwice(parsed), repaired: true };
  if (parsed !== undefined) return { input: { value: parsed }, repaired: true };
  const repaired = repairJsonObject(raw, { truncated });
  return repaired
    ? { input: repaired, repaired: true }
    : { input: { _raw: raw }, repaired: true, raw };
}

/** The arguments text of a `tool_use` block in history; input that is no object is wrapped. */
export function toolArguments(input: unknown): string {
  if (input === undefined || input === null) return "{}";
  return stringifyWellFormed(isObject(input) ? input : { value: input });
}

/** True if the text is one whole JSON value; cheap to ask while the text is still growing. */
export function isCompleteJson(text: string): boolean {
  const first = /\S/.exec(text)?.[0];
  const last = /\S\s*$/.exec(text.slice(-64))?.[0].charAt(0);
  if (first === "{" && last !== "}") return false;
  if (first === "[" && last !== "]") return false;
  return tryParseJson(text) !== undefined;
}

/** Arguments that were encoded as JSON twice; a string that is no encoded object is a value. */
function decodeTwice(text: string): JsonObject {
  const parsed = tryParseJson(text);
  if (isObject(parsed)) return parsed;
  return text.trim() === "" ? {} : { value: text };
}
