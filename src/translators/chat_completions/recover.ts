import type { UpstreamError } from "../../errors.ts";
import type { Quirks } from "../../profiles/schema.ts";
import type { Recovery } from "../translator.ts";
import type { Turn } from "../turn.ts";

/** A parameter that servers refuse by name, and the quirk that leaves it out. */
interface Lesson {
  readonly names: RegExp;
  readonly quirks: Quirks;
}

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

/** Words that servers refuse a parameter with. */
const REFUSAL =
  /unsupported|not supported|unrecognized|unknown|unexpected|not permitted|not allowed|invalid|extra|does not support|must be|use '/i;

/** Words about a value: the parameter itself is known, and would be missed. */
const OUT_OF_RANGE =
  /less than|greater than|at most|at least|too (?:large|long|small|high|low|many)|between|exceed|maximum|minimum/i;

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
  if (!profile.learn || !REFUSAL.test(message) || OUT_OF_RANGE.test(message)) return undefined;
  const lesson = LESSONS.find(({ names, quirks }) => names.test(message) && isNew(quirks, profile));
  return lesson && { quirks: lesson.quirks, remember: true };
}

/** A lesson that is already followed cannot be what helps. */
function isNew(quirks: Quirks, profile: Quirks): boolean {
  return Object.entries(quirks).some(([name, value]) => profile[name as keyof Quirks] !== value);
}
