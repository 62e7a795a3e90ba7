import type { MessagesRequest } from "../../../src/anthropic/request.ts";
import { DEFAULT_PROFILE } from "../../../src/profiles/catalog.ts";
import type { Profile } from "../../../src/profiles/schema.ts";
import type { LossPolicy } from "../../../src/target.ts";
import { createTurn, type Turn } from "../../../src/translators/turn.ts";

/** A turn of any request at a target with the default profile and the given differences. */
export function commonTurn(
  request: Partial<MessagesRequest>,
  { onLoss = "warn", ...quirks }: Partial<Profile> & { readonly onLoss?: LossPolicy } = {},
): Turn {
  const profile: Profile = { ...DEFAULT_PROFILE, ...quirks };
  return createTurn({ model: "m", max_tokens: 16, messages: [], ...request }, {
    name: "fast",
    mode: "chat_completions",
    baseUrl: "https://upstream.test/v1",
    apiKeys: ["upstream-key"],
    model: undefined,
    aliases: [],
    provider: "generic",
    family: "generic",
    profileFor: () => profile,
    headers: {},
    query: {},
    body: {},
    maxOutputTokens: undefined,
    contextWindow: undefined,
    timeouts: { connectMs: 1000, firstByteMs: 1000, idleMs: 1000, totalMs: 1000 },
    retry: { attempts: 1, maxWaitMs: 0 },
    fallback: [],
    onLoss,
    pingIntervalMs: 10_000,
    options: {},
  });
}
