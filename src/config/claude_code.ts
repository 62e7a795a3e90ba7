import type { Target } from "../target.ts";

/** What Claude Code sends where the server wants no key; it insists on having one. */
export const PLACEHOLDER_KEY = "switchyard";

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

/** Without these Claude Code assumes a Claude model with its limits. */
function modelVariables(target: Target): Readonly<Record<string, string>> {
  const { model, maxOutputTokens, contextWindow } = target;
  return {
    ...(model === undefined ? {} : { ANTHROPIC_MODEL: model }),
    ...(maxOutputTokens === undefined
      ? {}
      : { CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(maxOutputTokens) }),
    ...(contextWindow === undefined
      ? {}
      : { CLAUDE_CODE_MAX_CONTEXT_TOKENS: String(contextWindow) }),
  };
}
