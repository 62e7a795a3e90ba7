import { isObject, type JsonObject, nonEmptyString } from "../../json.ts";
import type { UpstreamModel } from "../translator.ts";

/**
 * Reads a models list: OpenAI's, a bare array, or `{models:[…]}`.
 *
 * @see {@link https://platform.openai.com/docs/api-reference/models/list}
 */
export function readModels(body: unknown): readonly UpstreamModel[] {
  const list = isObject(body) ? body.data ?? body.models : body;
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => isObject(entry) ? readModel(entry) : []);
}

function readModel(entry: JsonObject): readonly UpstreamModel[] {
  const id = nonEmptyString(entry.id) ?? nonEmptyString(entry.slug) ?? nonEmptyString(entry.name);
  if (id === undefined) return [];
  const created = entry.created;
  const window = entry.context_length ?? entry.context_window ?? entry.max_model_len;
  return [{
    id,
    displayName: nonEmptyString(entry.name),
    createdAt: typeof created === "number" && Number.isFinite(created)
      ? new Date(Math.min(Math.max(created, 0), 8e12) * 1000).toISOString()
      : undefined,
    contextWindow: typeof window === "number" ? window : undefined,
  }];
}
