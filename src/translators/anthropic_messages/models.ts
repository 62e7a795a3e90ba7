import { isObject, nonEmptyString } from "../../json.ts";
import type { UpstreamModel } from "../translator.ts";

/**
 * The models of Anthropic's list shape; entries without an id are passed over.
 *
 * @see {@link https://docs.anthropic.com/en/api/models-list}
 */
export function readModels(body: unknown): readonly UpstreamModel[] {
  const data = isObject(body) && Array.isArray(body.data) ? body.data : [];
  return data.flatMap((entry: unknown) => {
    const id = isObject(entry) ? nonEmptyString(entry.id) : undefined;
    if (!isObject(entry) || id === undefined) return [];
    const { display_name: name, created_at: created, max_input_tokens: window } = entry;
    return [{
      id,
      displayName: nonEmptyString(name),
      createdAt: nonEmptyString(created),
      contextWindow: typeof window === "number" ? window : undefined,
    }];
  });
}
