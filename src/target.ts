import type { Profile } from "./profiles/schema.ts";

/** What happens when a part of a request has no counterpart upstream. */
export type LossPolicy = "warn" | "error" | "drop";

/** Time limits of one upstream call, in milliseconds. */
export interface Timeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

/** How often a request is tried before its first byte reached the client. */
export interface RetryPolicy {
  /** All tries, the first included. */
  readonly attempts: number;
  /** Longest `retry-after` that is waited for. */
  readonly maxWaitMs: number;
}

/** One `models` entry: a glob over the client's model name, and what is sent upstream. */
export interface ModelAlias {
  readonly pattern: string;
  readonly matches: (model: string) => boolean;
  readonly model: string;
}

/** A named YAML entry, resolved: all that one request needs to know about its upstream. */
export interface Target {
  readonly name: string;
  /** Name of the API mode, which is the translator's name in the registry. */
  readonly mode: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Empty where the provider needs none. */
  readonly apiKeys: readonly string[];
  /** A private CA's certificate in PEM; undefined trusts the system's. */
  readonly caCert?: string | undefined;
  /** Sent upstream whatever the client asks for; undefined sends the client's name. */
  readonly model: string | undefined;
  /** First match wins, before `model`. */
  readonly aliases: readonly ModelAlias[];
  /** Name of the profile that the quirks came from. */
  readonly provider: string;
  /** Reasoning state is valid within one family and host. */
  readonly family: string;
  /** All quirks for one upstream model; cached, so it is cheap to ask. */
  readonly profileFor: (upstreamModel: string) => Profile;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly maxOutputTokens: number | undefined;
  readonly contextWindow: number | undefined;
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy;
  /** Names of targets to try in order when this one cannot answer. */
  readonly fallback: readonly string[];
  readonly onLoss: LossPolicy;
  readonly pingIntervalMs: number;
  /** The keys that only this mode knows, validated by its own schema. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Rights of the process that reaching the upstream takes, besides to connect and to read. */
  readonly rights?: readonly ProcessRight[];
}

/** Rights that the server gives up where no target needs them. */
export const PROCESS_RIGHTS = ["run", "write"] as const;

/** One of them: to run programs, or to write files. */
export type ProcessRight = (typeof PROCESS_RIGHTS)[number];

/** The model name that goes upstream for the name the client asked for, without a `[1m]` suffix. */
export function upstreamModel(target: Target, clientModel: string): string {
  const name = clientModel.replace(/\[1m\]$/i, "");
  const alias = target.aliases.find(({ matches }) => matches(name));
  return alias?.model ?? target.model ?? name;
}

/** Names of headers and parameters whose values are credentials. */
const SECRET_NAMES = /auth|cookie|key|passw|secret|signature|token/i;

/** All credentials that a target's config holds: no client and no log may see them. */
export function secretsOf(
  { apiKeys, headers = {}, query = {} }:
    & Pick<Target, "apiKeys">
    & Partial<Pick<Target, "headers" | "query">>,
): readonly string[] {
  const named = [...Object.entries(headers), ...Object.entries(query)]
    .filter(([name]) => SECRET_NAMES.test(name))
    // Behind the scheme, such as `Bearer`, the credential stands alone.
    .flatMap(([, value]) => [value, value.replace(/^\w+ +/, "")]);
  return [...apiKeys, ...named];
}
