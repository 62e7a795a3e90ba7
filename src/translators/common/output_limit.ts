import type { Turn } from "../turn.ts";

/** The output limit, at least what the API accepts and at most what the target allows. */
export function outputLimit({ request, target, profile, losses }: Turn): number {
  const cap = target.maxOutputTokens;
  const wanted = Math.max(request.max_tokens, profile.min_max_tokens);
  if (cap === undefined || wanted <= cap) return wanted;
  losses.warn("max_tokens", `more than ${cap} output tokens`);
  return cap;
}

/** Stop sequences that the upstream takes, and those that the gateway watches for. */
export interface Stops {
  readonly sent: readonly string[];
  readonly emulated: readonly string[];
}

/** The client's stop sequences, as many of them going upstream as it takes. */
export function splitStops(turn: Turn): Stops {
  const { stop, stop_max: max } = turn.profile;
  const stops = wantedStops(turn);
  if (stop === "emulate") return { sent: [], emulated: stops };
  return { sent: stops.slice(0, max), emulated: stops.slice(max) };
}

/** The client's stop sequences, each once, without those of white space that few APIs take. */
export function wantedStops({ request }: Turn): readonly string[] {
  return [...new Set(request.stop_sequences ?? [])].filter((stop) => stop.trim() !== "");
}
