import { isObject, pickMembers } from "../../json.ts";
import type { CountCall } from "../translator.ts";
import type { Turn } from "../turn.ts";
import { baseModelId } from "./model_id.ts";
import { translateRequest } from "./request.ts";

/** Fields of a Converse request that are counted; the operation refuses all others. */
const COUNTED = ["messages", "system", "toolConfig", "additionalModelRequestFields"] as const;

/**
 * The call that counts a request's input tokens exactly. It is made for the model itself, because
 * not every inference profile is known to this operation.
 *
 * @see {@link https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html}
 */
export function countTokens(turn: Turn): CountCall | undefined {
  const path = turn.profile.count_tokens_path;
  if (path === null) return undefined;
  const { body } = translateRequest(turn);
  return {
    path: path.replace("{model}", encodeURIComponent(baseModelId(turn.model))),
    body: { input: { converse: pickMembers(body, COUNTED) } },
    stream: false,
    emulatedStops: [],
    read: (answer) => isObject(answer) ? answer.inputTokens : undefined,
    // Few models have it, and not every role may call it.
    isMissing: (status) => status >= 400 && status < 500,
  };
}
