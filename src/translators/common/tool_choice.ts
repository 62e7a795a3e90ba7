import { isPresent } from "../../json.ts";
import type { Turn } from "../turn.ts";
import type { Thinking } from "./effort.ts";

/** Values of `tool_choice` that a profile may lack. */
export type WorkingChoice = Turn["profile"]["tool_choice"][number];

/** The values of `tool_choice` that work for this turn: some models take fewer while they think. */
export function workingChoices(
  { profile, request }: Turn,
  { level }: Thinking,
): readonly WorkingChoice[] {
  const isThinking = level !== "off" &&
    (level !== "default" || isPresent(request.thinking) || profile.thinking_always);
  return isThinking ? profile.tool_choice_thinking ?? profile.tool_choice : profile.tool_choice;
}
