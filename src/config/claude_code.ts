import type { Target } from "../target.ts";

/** What Claude Code sends where the server wants no key; it insists on having one. */
export const PLACEHOLDER_KEY = "switchyard";

/** Claude Code takes no smaller window to compact at. */
const LEAST_COMPACT_WINDOW = 100_000;

/** Where a target is reached, and with which key. */
export interface Access {
  /** Scheme, host and port, without a trailing slash. */
  readonly origin: string;
  readonly key: string;
}

/** The variables that point Claude Code at a target, in the order in which they are printed. */
export function claudeCodeVariables(
  target: Target,
  { origin, key }: Access,
): Readonly<Record<string, string>> {
  return {
    ANTHROPIC_BASE_URL: `${origin}/${target.name}`,
    ANTHROPIC_AUTH_TOKEN: key,
    ...modelVariables(target),
  };
}

/**
 * Without these Claude Code assumes a Claude model with its limits, or a window of a million tokens.
 *
 * It reads the first variable of a window for names that are not Claude's only, and the second, the
 * size at which it compacts, for all names (both in 2.1.197 and 2.1.330).
 */
function modelVariables(target: Target): Readonly<Record<string, string>> {
  const { model, maxOutputTokens, contextWindow } = target;
  const isClaude = model === undefined || model.startsWith("claude-");
  const window = isClaude ? "CLAUDE_CODE_AUTO_COMPACT_WINDOW" : "CLAUDE_CODE_MAX_CONTEXT_TOKENS";
  const isRead = contextWindow !== undefined &&
    (!isClaude || contextWindow >= LEAST_COMPACT_WINDOW);
  return {
    ...(model === undefined ? {} : { ANTHROPIC_MODEL: model }),
    ...(maxOutputTokens === undefined
      ? {}
      : { CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(maxOutputTokens) }),
    ...(isRead ? { [window]: String(contextWindow) } : {}),
  };
}
