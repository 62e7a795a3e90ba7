import type { ConfigStatus } from "../config/store.ts";
import { VERSION } from "../version.ts";
import type { BreakerState } from "./breakers.ts";
import type { RequestContext } from "./context.ts";
import { sumOf } from "./numbers.ts";
import { usableTargets } from "./pick_target.ts";

/** What `GET /api/status` tells: what the status page shows. */
export interface Status {
  readonly version: string;
  readonly config: ConfigStatus;
  readonly open_requests: number;
  /** Each thread that serves. */
  readonly workers: readonly WorkerStatus[];
  /** Those that the key may use, in the file's order. */
  readonly targets: readonly TargetStatus[];
}

/** One thread as it is now. */
export interface WorkerStatus {
  /** Requests since it started. */
  readonly requests: number;
  readonly open_requests: number;
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
export async function status({ config, key, services }: RequestContext): Promise<Status> {
  const { store, breakers, keyRings } = services;
  const threads = await services.collect();
  return {
    version: VERSION,
    config: store.status(),
    open_requests: sumOf(threads, ({ openRequests }) => openRequests),
    workers: threads.map(({ requests, openRequests }) => ({
      requests,
      open_requests: openRequests,
    })),
    targets: usableTargets(config, key).map((target) => ({
      name: target.name,
      api_mode: target.mode,
      provider: target.provider,
      model: target.model ?? null,
      breaker: breakers.state(target.name),
      keys: { total: target.apiKeys.length, resting: keyRings.of(target).resting() },
      dropped: sumOf(threads, ({ dropped }) => dropped.get(target.name) ?? 0),
    })),
  };
}
