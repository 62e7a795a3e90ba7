/** A JSON object whose members are still unchecked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Objects that come again with later requests: who writes them may keep what he wrote. */
export const lasting: WeakSet<object> = new WeakSet();

/** True for what JSON calls an object: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for anything but null and undefined, which mean the same on the wire. */
export function isPresent<Value>(value: Value): value is NonNullable<Value> {
  return value !== null && value !== undefined;
}

/** The members of these names that are there. */
export function pickMembers(object: JsonObject, names: readonly string[]): JsonObject {
  const picked: Record<string, unknown> = {};
  for (const name of names) {
    if (object[name] !== undefined) picked[name] = object[name];
  }
  return picked;
}

/** True if a value that came out of `JSON.parse` nests deeper than that. */
export function nestsDeeper(value: unknown, maxDepth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (maxDepth === 0) return true;
  if (Array.isArray(value)) return value.some((item) => nestsDeeper(item, maxDepth - 1));
  for (const name in value) {
    if (nestsDeeper((value as JsonObject)[name], maxDepth - 1)) return true;
  }
  return false;
}

/** Parses JSON text, or returns undefined where it is none. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value as a string, or undefined for anything else and for the empty string. */
export function nonEmptyString(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** `JSON.stringify`, with lone surrogates as U+FFFD: strict upstream parsers refuse their escapes. */
export function stringifyWellFormed(value: unknown): string {
  const json = JSON.stringify(value);
  if (!json.includes("\\ud")) return json;
  // JSON.stringify escapes surrogates only when they are lone; an escaped backslash before `ud…` is text.
  return json.replace(/(?<=(?:^|[^\\])(?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, "\\ufffd");
}
