import { isObject, type JsonObject } from "../../json.ts";

/** The target's `body` wins, and adds to objects rather than replacing them. */
export function mergeBody(body: JsonObject, extra: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...body };
  for (const [key, value] of Object.entries(extra)) {
    const before = merged[key];
    merged[key] = isObject(before) && isObject(value) ? mergeBody(before, value) : value;
  }
  return merged;
}
