import type { MessagesRequest } from "../../../src/anthropic/request.ts";
import { findProfile } from "../../../src/profiles/lookup.ts";
import type { Quirks } from "../../../src/profiles/schema.ts";
import type { Target } from "../../../src/target.ts";
import type { RawBody } from "../../../src/translators/translator.ts";
import { createTurn, type Turn } from "../../../src/translators/turn.ts";

/** A relay target with the given differences. */
export function relayTarget(
  { quirks = {}, ...rest }: Partial<Target> & { readonly quirks?: Quirks } = {},
): Target {
  const baseUrl = rest.baseUrl ?? "https://relay.test";
  const profile = findProfile({ mode: "anthropic_messages", baseUrl, quirks });
  if (!profile) throw new TypeError("Cannot make a target: the mode has no profile");
  return {
    name: "relay",
    mode: "anthropic_messages",
    baseUrl,
    apiKeys: ["upstream-key"],
    model: undefined,
    aliases: [],
    provider: profile.name,
    family: profile.family,
    profileFor: profile.profileFor,
    headers: {},
    query: {},
    body: {},
    maxOutputTokens: undefined,
    contextWindow: undefined,
    timeouts: { connectMs: 1000, firstByteMs: 1000, idleMs: 1000, totalMs: 1000 },
    retry: { attempts: 1, maxWaitMs: 0 },
    fallback: [],
    onLoss: "warn",
    pingIntervalMs: 10_000,
    options: {},
    ...rest,
  };
}

/** A body as the server hands it over. */
export function rawBody(text: string): RawBody {
  const request = JSON.parse(text) as MessagesRequest;
  return { bytes: new TextEncoder().encode(text), text, request };
}

/** A turn of a body at a target. */
export function relayTurn(raw: RawBody, target: Target = relayTarget()): Turn {
  return createTurn(raw.request, target);
}
