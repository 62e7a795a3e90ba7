import type { BreakerEvent } from "./breakers.ts";
import type { Finding } from "./learned.ts";

/** What one thread finds out about upstreams, and the others should know too. */
export type News =
  | { readonly kind: "breaker"; readonly event: BreakerEvent; readonly target: string }
  | { readonly kind: "learned"; readonly finding: Finding }
  | {
    readonly kind: "key_refused";
    readonly target: string;
    readonly key: string | undefined;
    readonly status: number;
    readonly retryAfterMs: number | undefined;
  };

/** Takes the news of this thread. */
export type Tell = (news: News) => void;
