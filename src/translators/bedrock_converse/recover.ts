import type { UpstreamError } from "../../errors.ts";
import { findLesson, type Lesson } from "../common/lessons.ts";
import type { Recovery } from "../translator.ts";
import type { Turn } from "../turn.ts";

const LESSONS: readonly Lesson[] = [
  { names: /\bbeta\b|context_management|task_budget/, quirks: { betas: [] } },
  {
    names: /thinking\.type\.enabled|type: ?enabled/,
    quirks: { thinking_on: { thinking: { type: "adaptive" } }, budget_field: null },
  },
  {
    names: /adaptive thinking/,
    quirks: {
      thinking_on: { thinking: { type: "enabled" } },
      budget_field: "thinking.budget_tokens",
      thinking_display: false,
    },
  },
  { names: /effort|reasoning_?config|output_config/i, quirks: { effort_path: null } },
  { names: /cache ?point|prompt caching/i, quirks: { cache: "none" } },
  { names: /temperature|top_?p\b/i, quirks: { sampling: "locked" } },
  { names: /stop ?sequences?/i, quirks: { stop: "emulate" } },
  { names: /tool ?choice/i, quirks: { tool_choice: ["auto"] } },
  { names: /\brole\b/, quirks: { mid_system: "user" } },
  { names: /\bstrict\b/, quirks: { strict_tools: false } },
  { names: /text ?format|output ?config\.text/i, quirks: { response_format: "none" } },
];

/** How Claude refuses reasoning that it did not sign, or that it misses. */
const REFUSED_REASONING =
  /signature.*thinking|thinking.*signature|expected .{0,3}thinking|must start with a thinking/is;

/**
 * Another way to ask: without the reasoning of earlier turns, and without thinking anew, where a
 * refusal is about that; without a parameter that a 400 names, where the profile may learn.
 */
export function recover({ profile }: Turn, failure: UpstreamError): Recovery | undefined {
  if (failure.upstreamStatus !== 400) return undefined;
  const message = failure.upstreamMessage;
  if (REFUSED_REASONING.test(message)) {
    return profile.thinking_never
      ? undefined
      : { quirks: { reasoning_in: "none", thinking_never: true }, remember: false };
  }
  const lesson = findLesson(LESSONS, message, profile);
  return lesson && { quirks: lesson.quirks, remember: true };
}
