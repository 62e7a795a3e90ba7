import { isObject, type JsonObject } from "../../json.ts";
import { compileGlobs } from "../../profiles/glob.ts";
import type { Thinking } from "../common/effort.ts";
import type { Turn } from "../turn.ts";

/** Fields below `additionalModelRequestFields` that need a beta flag. */
export interface BetaFields {
  readonly additional: JsonObject;
  /** True for edits of the context that are among the fields. */
  readonly keepsEdit: (type: string) => boolean;
}

const CONTEXT_BETA = "context-management-2025-06-27";
const COMPACT_BETA = "compact-2026-01-12";
const BUDGET_BETA = "task-budgets-2026-03-13";
const EAGER_BETA = "fine-grained-tool-streaming-2025-05-14";

/**
 * Flags without which nothing is lost here: what they switch on is done in another way, is told as
 * the loss of its field, or means nothing outside Anthropic.
 */
const NEEDLESS = compileGlobs([
  "adaptive-thinking-*",
  "advanced-tool-use-*",
  "claude-code-*",
  "compact-*",
  "computer-use-*",
  "context-management-*",
  "effort-*",
  "extended-cache-ttl-*",
  "fine-grained-tool-streaming-*",
  "mid-conversation-*",
  "oauth-*",
  "pdfs-*",
  "prompt-caching-*",
  "structured-outputs-*",
  "task-budgets-*",
  "thinking-display-*",
  "token-counting-*",
  "token-efficient-tools-*",
  "tool-examples-*",
  "tool-search-tool-*",
]);

/**
 * The fields that only a beta flag makes valid, with the flags that they need. A flag and its field
 * go together or not at all: Bedrock refuses either without the other.
 *
 * `implied` are the flags that other fields of the request need.
 */
export function betaFields(
  turn: Turn,
  thinking: Thinking,
  implied: readonly (string | undefined)[],
): BetaFields {
  const { betas, profile, losses, request } = turn;
  const isKnown = compileGlobs(profile.betas);
  const keepsEdit = (type: string) =>
    (type.startsWith("clear_") && isKnown(CONTEXT_BETA)) ||
    (type.startsWith("compact_") && isKnown(COMPACT_BETA));
  const edits = contextEdits(turn, thinking).filter(({ type }) => keepsEdit(String(type)));
  const budget = request.output_config?.task_budget;
  const hasBudget = isObject(budget) && isKnown(BUDGET_BETA);
  const isEager = request.tools?.some((tool) => tool.eager_input_streaming === true) ?? false;
  const flags = [
    ...betas,
    ...implied,
    ...(edits.some(({ type }) => String(type).startsWith("clear_")) ? [CONTEXT_BETA] : []),
    ...(edits.some(({ type }) => String(type).startsWith("compact_")) ? [COMPACT_BETA] : []),
    ...(hasBudget ? [BUDGET_BETA] : []),
    ...(isEager ? [EAGER_BETA] : []),
  ].filter((flag) => flag !== undefined);
  const kept = [...new Set(flags)].filter(isKnown);
  const isClaude = profile.betas.length > 0 || profile.reasoning_in === "signed";
  for (const flag of betas) {
    if (isClaude && !isKnown(flag) && !NEEDLESS(flag)) {
      losses.warn(`anthropic-beta.${flag}`, `the beta '${flag}'`);
    }
  }
  return {
    additional: {
      ...(kept.length > 0 ? { anthropic_beta: kept } : {}),
      ...(edits.length > 0 ? { context_management: { edits } } : {}),
      ...(hasBudget ? { output_config: { task_budget: budget } } : {}),
    },
    keepsEdit,
  };
}

/** The edits of the context; without thinking there is none to clear, and asking to is refused. */
function contextEdits({ request }: Turn, { level }: Thinking): readonly JsonObject[] {
  const { context_management: management } = request;
  const edits = isObject(management) && Array.isArray(management.edits) ? management.edits : [];
  return edits.filter(isObject)
    .filter(({ type }) => level !== "off" || !String(type).startsWith("clear_thinking_"));
}
