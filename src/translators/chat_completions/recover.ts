import type { UpstreamError } from "../../errors.ts";
import { findLesson, type Lesson } from "../common/lessons.ts";
import type { Recovery } from "../translator.ts";
import type { Turn } from "../turn.ts";

const LESSONS: readonly Lesson[] = [
  { names: /stream_options/, quirks: { stream_options: false } },
  { names: /\bmax_tokens\b/, quirks: { max_tokens_field: "max_completion_tokens" } },
  { names: /\bmax_completion_tokens\b/, quirks: { max_tokens_field: "max_tokens" } },
  { names: /\bdeveloper\b/, quirks: { system_role: "system", mid_system: "system" } },
  { names: /parallel_tool_calls/, quirks: { parallel_tool_calls: "omit" } },
  { names: /\bstrict\b/, quirks: { strict_tools: false } },
  { names: /reasoning_effort/, quirks: { effort: "none" } },
  { names: /temperature|top_p/, quirks: { sampling: "locked" } },
  { names: /['"`]stop['"`]|\bstop sequences?\b/, quirks: { stop: "emulate" } },
];

/**
 * Another way to ask: without a parameter that a 400 names, where the profile may learn; without
 * thinking, where the provider misses reasoning that this conversation never had.
 */
export function recover({ profile }: Turn, failure: UpstreamError): Recovery | undefined {
  if (failure.upstreamStatus !== 400 && failure.upstreamStatus !== 422) return undefined;
  const message = failure.upstreamMessage;
  if (
    /reasoning_content.*must be passed back|thinking is enabled but reasoning_content/is.test(
      message,
    )
  ) {
    return profile.thinking_never
      ? undefined
      : { quirks: { thinking_never: true }, remember: false };
  }
  const lesson = findLesson(LESSONS, message, profile);
  return lesson && { quirks: lesson.quirks, remember: true };
}
