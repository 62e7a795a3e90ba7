import type { Target } from "../target.ts";
import type { ConfigSource } from "./source.ts";

/** A key that may call. */
export interface ClientKey {
  readonly name: string;
  readonly key: string;
  /** Targets the key may use; undefined for all. */
  readonly targets: ReadonlySet<string> | undefined;
  readonly limits: ClientLimits;
}

/** Limits of one client key; undefined is unlimited. */
export interface ClientLimits {
  readonly concurrent: number | undefined;
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
}

/** The listener; read once, a change needs a restart. */
export interface ListenConfig {
  readonly host: string;
  readonly port: number;
  readonly maxBodyBytes: number;
  readonly drainMs: number;
  /** Most answers in flight at once. */
  readonly maxStreams: number;
  /** Threads that serve; `auto` is one for each core. */
  readonly workers: number | "auto";
}

/** How and what is logged. */
export interface LoggingConfig {
  readonly level: "debug" | "info" | "warn" | "error";
  /** Undefined: text on a terminal, JSON otherwise. */
  readonly format: "text" | "json" | undefined;
  /** Whether request and answer bodies are logged, keys redacted. */
  readonly bodies: boolean;
}

/** The record of what each request used. */
export interface UsageConfig {
  readonly enabled: boolean;
  /** Directory of the files; undefined for the state directory of the user or the service. */
  readonly path: string | undefined;
  /** Days for which it is kept at least. */
  readonly keepDays: number;
}

/** What a model costs, in USD per million tokens; undefined is unknown. */
export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number | undefined;
  readonly cacheCreation: number | undefined;
}

/** The price of the models that match. */
export interface PriceRule {
  readonly pattern: string;
  readonly matches: (model: string) => boolean;
  readonly price: Price;
}

/** One loaded config file, resolved; requests hold on to the one they began with. */
export interface Config {
  readonly listen: ListenConfig;
  readonly keys: readonly ClientKey[];
  readonly defaultTarget: string | undefined;
  /** In the file's order. */
  readonly targets: ReadonlyMap<string, Target>;
  readonly logging: LoggingConfig;
  readonly usage: UsageConfig;
  /** First 12 hex digits of the SHA-256 over the file and every value it pulled in. */
  readonly hash: string;
  /** All that the config was made of; another thread makes the same one of it. */
  readonly source: ConfigSource;
}
