import type { Loss } from "../translators/losses.ts";

/** Token counts of an answer. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
}

/** What the access log will say about a request; filled in as it goes along. */
export interface RequestRecord {
  /** The target that was asked last. */
  target?: string;
  /** The target whose upstream answered, be it with an error. */
  answeredBy?: string | undefined;
  model?: string;
  stream?: boolean;
  upstreamRequestId?: string | undefined;
  /** Headers of the answer that came from upstream. */
  upstreamHeaders?: Headers | undefined;
  losses?: readonly Loss[];
  firstEventMs?: number;
  tokens?: Tokens | undefined;
}
