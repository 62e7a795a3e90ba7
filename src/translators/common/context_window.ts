import type { Turn } from "../turn.ts";

/** `[1m]` asks for a window of a million tokens, which the target may be known not to have. */
export function noteContextWindow({ request, target, losses }: Turn): void {
  const window = target.contextWindow;
  if (window === undefined || window >= 1_000_000 || !/\[1m\]$/i.test(request.model)) return;
  losses.warn("model", "a context window of 1M tokens");
}
