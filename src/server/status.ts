import type { ConfigStatus } from "../config/store.ts";
import { VERSION } from "../version.ts";
import type { BreakerState } from "./breakers.ts";
import type { RequestContext } from "./context.ts";
import { usableTargets } from "./pick_target.ts";

/** What `GET /api/status` tells: what the status page shows. */
export interface Status {
  readonly version: string;
  readonly config: ConfigStatus;
  readonly open_requests: number;
  /** Those that the key may use, in the file's order. */
  readonly targets: readonly TargetStatus[];
}

/** One target as it is now. */
export interface TargetStatus {
  readonly name: string;
  readonly api_mode: string;
  readonly provider: string;
  readonly model: string | null;
  readonly breaker: BreakerState;
  /** Keys of the target, and how many of them rest because the upstream refused them. */
  readonly keys: { readonly total: number; readonly resting: number };
  /** Parts of requests that were dropped since the server started. */
  readonly dropped: number;
}

/** The state of the server, as far as the key may see it. */
export function status({ config, key, services }: RequestContext): Status {
  const { store, streams, breakers, keyRings, lossCounts } = services;
  return {
    version: VERSION,
    config: store.status(),
    open_requests: streams.size,
    targets: usableTargets(config, key).map((target) => ({
      name: target.name,
      api_mode: target.mode,
      provider: target.provider,
      model: target.model ?? null,
      breaker: breakers.state(target.name),
      keys: { total: target.apiKeys.length, resting: keyRings.of(target).resting() },
      dropped: lossCounts.get(target.name) ?? 0,
    })),
  };
}
