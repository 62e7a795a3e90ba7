import type { UpstreamError } from "../../errors.ts";
import type { Quirks } from "../../profiles/schema.ts";
import { openEnvelope, stateIsFor } from "../common/envelope.ts";
import { findLesson, type Lesson } from "../common/lessons.ts";
import type { Recovery } from "../translator.ts";
import type { Turn } from "../turn.ts";

const LESSONS: readonly Lesson[] = [
  { names: /action\.sources/, quirks: { web_search_sources: false } },
  { names: /encrypted[ _]content|\binclude\b/i, quirks: { reasoning_encrypted: false } },
  { names: /reasoning\.summary|\bsummary\b/, quirks: { summary: "none" } },
  { names: /reasoning/, quirks: { effort: "none" } },
  { names: /\bdeveloper\b/, quirks: { mid_system: "system" } },
  { names: /\binstructions\b/, quirks: { system_as: "input" } },
  { names: /parallel_tool_calls/, quirks: { parallel_tool_calls: "omit" } },
  { names: /prompt_cache_key/, quirks: { session_field: null } },
  { names: /safety_identifier/, quirks: { user_field: null } },
  { names: /service_tier/, quirks: { service_tier: false } },
  { names: /temperature|top_p/, quirks: { sampling: "locked" } },
];

/**
 * How servers refuse reasoning of an earlier turn: another organisation, model or key made it, it
 * has expired, or they miss the item that belongs to it.
 */
const REFUSED_REASONING = /encrypted[ _]content|type 'reasoning'|reasoning item|\brs_\w+/i;

/** The code of such a refusal. */
const CODE = "invalid_encrypted_content";

/** Statuses of such refusals; an error inside a stream has 200. */
const REFUSING: ReadonlySet<number> = new Set([200, 400, 404, 422]);

/**
 * Another way to ask: without the reasoning of earlier turns where a refusal names it, without a
 * parameter that a 400 names where the profile may learn.
 */
export function recover(turn: Turn, failure: UpstreamError): Recovery | undefined {
  const { upstreamStatus: status, upstreamMessage: message, upstreamCodes: codes } = failure;
  if (!REFUSING.has(status)) return undefined;
  const isAboutReasoning = REFUSED_REASONING.test(message) || codes.includes(CODE);
  if (isAboutReasoning && turn.profile.reasoning_in === "items" && hasState(turn)) {
    const quirks: Quirks = { reasoning_in: "none" };
    return { quirks, remember: false };
  }
  const lesson = status === 200 ? undefined : findLesson(LESSONS, message, turn.profile);
  return lesson && { quirks: lesson.quirks, remember: true };
}

/** True if the request carried reasoning that this target made. */
function hasState({ request: { messages }, target }: Turn): boolean {
  return messages.some(({ role, content }) =>
    role === "assistant" && Array.isArray(content) &&
    content.some((block) => {
      const envelope = openEnvelope(block.type === "thinking" ? block.signature : block.data);
      return envelope?.k === "ri" && stateIsFor(envelope, target);
    })
  );
}
