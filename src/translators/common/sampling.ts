import { isPresent } from "../../json.ts";
import type { Turn } from "../turn.ts";
import type { Thinking } from "./effort.ts";

/** `temperature`, `top_p` and `top_k`, as far as the model takes them. */
export function sampling(
  { request, profile, losses }: Turn,
  thinking: Thinking,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const { temperature, top_p: topP, top_k: topK } = request;
  if (isPresent(topK)) {
    if (profile.top_k) fields.top_k = topK;
    else losses.warn("top_k", "top_k");
  }
  const isOff = thinking.level === "off";
  const isLocked = profile.sampling === "locked" ||
    (profile.sampling === "locked_when_thinking" && !isOff) ||
    (profile.sampling === "only_when_off" && !isOff);
  if (isLocked) return fields;
  if (isPresent(temperature)) {
    fields.temperature = Math.min(
      Math.max(temperature, profile.temperature_min),
      profile.temperature_max,
    );
  }
  const isOneOfTwo = profile.temperature_or_top_p && isPresent(temperature);
  if (isPresent(topP) && !isOneOfTwo) {
    fields.top_p = profile.top_p_open ? Math.min(Math.max(topP, 0.01), 0.99) : topP;
  }
  return fields;
}
