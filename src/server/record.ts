import type { Loss } from "../translators/losses.ts";

/** Token counts of an answer. */
export interface Tokens {
  /** Without those that were read from a cache or written to one. */
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheCreation: number;
  readonly output: number;
}

/** All input tokens, cached or not. */
export function allInput({ input, cacheRead, cacheCreation }: Tokens): number {
  return input + cacheRead + cacheCreation;
}

/** What will be said of a request when it has ended; filled in as it goes along. */
export interface RequestRecord {
  /** How often a target was asked, be it the first one or a fallback. */
  attempts?: number;
  /** The target that the client asked for. */
  firstTarget?: string;
  /** The target that was asked last. */
  target?: string;
  /** The target whose upstream answered, be it with an error. */
  answeredBy?: string | undefined;
  /** What the client named. */
  model?: string;
  /** What went upstream. */
  upstreamModel?: string;
  stream?: boolean;
  upstreamRequestId?: string | undefined;
  /** Headers of the answer that came from upstream. */
  upstreamHeaders?: Headers | undefined;
  losses?: readonly Loss[];
  firstEventMs?: number;
  tokens?: Tokens | undefined;
}
