import type { Turn } from "../turn.ts";
import { keptBetas } from "./betas.ts";

/** Sent for clients that name no version; the real API answers them 400. */
const DEFAULT_VERSION = "2023-06-01";

/** Headers that say what the client is and wants; all others stay here. */
const FORWARDED: ReadonlySet<string> = new Set(["accept", "content-type", "user-agent", "x-app"]);

/** Open lists: new clients bring new headers of these families. */
const FORWARDED_PREFIXES = ["anthropic-", "x-claude-code-", "x-stainless-"] as const;

/**
 * The client's headers that an Anthropic upstream gets.
 *
 * An allow list, so that neither a credential nor a hop-by-hop header can slip through; the body
 * is decoded before it is sent on, so `content-encoding` is no longer true and stays here too.
 */
export function forwardHeaders(turn: Turn, client: Headers): Headers {
  const headers = new Headers();
  for (const [name, value] of client) {
    if (FORWARDED.has(name) || FORWARDED_PREFIXES.some((prefix) => name.startsWith(prefix))) {
      headers.set(name, value);
    }
  }
  if (!headers.has("anthropic-version")) headers.set("anthropic-version", DEFAULT_VERSION);
  // fetch would call a string body text/plain.
  if (!headers.has("content-type")) headers.set("content-type", "application/json");
  const betas = headers.get("anthropic-beta");
  const kept = betas === null ? null : keptBetas(betas, turn.profile.drop_betas);
  if (kept === null) headers.delete("anthropic-beta");
  else headers.set("anthropic-beta", kept);
  return headers;
}
