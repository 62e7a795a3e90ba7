import type { MessagesRequest } from "../../src/anthropic/request.ts";
import { parseMessagesRequest } from "../../src/anthropic/request_guard.ts";
import { findProfile } from "../../src/profiles/lookup.ts";
import type { Quirks } from "../../src/profiles/schema.ts";
import type { Target } from "../../src/target.ts";
import { createTurn, type Turn, type TurnOptions } from "../../src/translators/turn.ts";

/** What a test changes of a target; `quirks` come on top of the provider's profile. */
export type TargetOptions = Partial<Target> & { readonly quirks?: Quirks };

/** A target with everything set; by default of the mode `chat_completions` at a plain server. */
export function testTarget({ quirks = {}, ...rest }: TargetOptions = {}): Target {
  const mode = rest.mode ?? "chat_completions";
  const baseUrl = rest.baseUrl ?? "https://upstream.test/v1";
  const profile = findProfile({ mode, baseUrl, quirks, provider: rest.provider });
  if (!profile) throw new TypeError(`Cannot make a target: ${mode} knows no such provider`);
  return {
    name: "fast",
    mode,
    baseUrl,
    apiKeys: ["upstream-key"],
    model: "upstream-model",
    aliases: [],
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
    provider: profile.name,
  };
}

/** A request as the guard lets it through; only what a test is about has to be said. */
export function testRequest(fields: Readonly<Record<string, unknown>> = {}): MessagesRequest {
  const defaults = {
    model: "claude-test",
    max_tokens: 100,
    stream: true,
    messages: [{ role: "user", content: "Hi" }],
  };
  return parseMessagesRequest(JSON.stringify({ ...defaults, ...fields }));
}

/** What a turn of a test is made of. */
export interface TurnParts
  extends TargetOptions, Pick<TurnOptions, "session" | "betas" | "learned"> {
  readonly request?: Readonly<Record<string, unknown>>;
}

/** A turn, with the warnings that its translation gave. */
export interface TestTurn extends Turn {
  readonly warnings: readonly string[];
}

/** A turn of a request at a target. */
export function testTurn(
  { request, session, betas, learned, ...target }: TurnParts = {},
): TestTurn {
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const options = { session, learned, warn, ...(betas ? { betas } : {}) };
  const turn = createTurn(testRequest(request), testTarget(target), options);
  return { ...turn, warnings };
}

/** Paths of what the turn lost, in order. */
export function lostPaths(turn: Turn): readonly string[] {
  return turn.losses.all.map(({ path }) => path);
}
