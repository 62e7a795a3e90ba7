import { claudeCodeVariables, PLACEHOLDER_KEY } from "../config/claude_code.ts";
import type { ClientKey } from "../config/config.ts";
import type { ConfigStatus } from "../config/store.ts";
import type { Target } from "../target.ts";
import { VERSION } from "../version.ts";
import type { Minute, RequestSummary } from "./activity.ts";
import { mayUse } from "./auth.ts";
import type { BreakerState } from "./breakers.ts";
import type { RequestContext } from "./context.ts";
import { sumOf, type ThreadNumbers } from "./numbers.ts";
import { type Changes, Overview } from "./overview.ts";
import { usableTargets } from "./pick_target.ts";
import type { Services } from "./services.ts";

/** What `GET /api/status` tells: what the status page shows. */
export interface Status extends Present, Past {}

/** The server as it is now. */
export interface Present {
  readonly version: string;
  readonly config: ConfigStatus;
  readonly open_requests: number;
  /** Each thread that serves. */
  readonly workers: readonly WorkerStatus[];
  /** Those that the key may use, in the file's order. */
  readonly targets: readonly TargetStatus[];
}

/** What requests did lately, as far as they meant targets that the key may use. */
export interface Past {
  /** Oldest first. */
  readonly requests: readonly RequestSummary[];
  readonly minutes: readonly Minute[];
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
  /** What points Claude Code at it; the token is empty where the server needs a key. */
  readonly claude_code: Readonly<Record<string, string>>;
}

/** Who looks, and from where. */
export interface Viewer {
  readonly key: ClientKey | undefined;
  /** Under which the viewer reached the server: scheme, host and port. */
  readonly origin: string;
}

/** The state of the server, as far as the key may see it. */
export async function status({ key, services, request }: RequestContext): Promise<Status> {
  const threads = await services.collect({});
  const overview = new Overview();
  overview.add(threads);
  const viewer = { key, origin: new URL(request.url).origin };
  return { ...present(services, threads, viewer), ...past(overview.since(), key) };
}

/** The server as it is now, as far as the viewer may see it. */
export function present(
  services: Services,
  threads: readonly ThreadNumbers[],
  { key, origin }: Viewer,
): Present {
  const { store } = services;
  const config = store.current();
  const access = { origin, key: config.keys.length === 0 ? PLACEHOLDER_KEY : "" };
  return {
    version: VERSION,
    config: store.status(),
    open_requests: sumOf(threads, ({ openRequests }) => openRequests),
    workers: threads.map(({ requests, openRequests }) => ({
      requests,
      open_requests: openRequests,
    })),
    targets: usableTargets(config, key).map((target) => ({
      ...targetStatus(services, threads, target),
      claude_code: claudeCodeVariables(target, access),
    })),
  };
}

/** That part of the activity which the key may see. */
export function past({ requests, minutes }: Changes, key: ClientKey | undefined): Past {
  return {
    requests: requests.filter(({ target }) =>
      // What meant no target may name one of another key.
      target === null ? key?.targets === undefined : mayUse(key, target)
    ),
    minutes: minutes.filter(({ target }) => mayUse(key, target)),
  };
}

function targetStatus(
  { breakers, keyRings }: Services,
  threads: readonly ThreadNumbers[],
  target: Target,
): Omit<TargetStatus, "claude_code"> {
  return {
    name: target.name,
    api_mode: target.mode,
    provider: target.provider,
    model: target.model ?? null,
    breaker: breakers.state(target.name),
    keys: { total: target.apiKeys.length, resting: keyRings.of(target).resting() },
    dropped: sumOf(threads, ({ dropped }) => dropped.get(target.name) ?? 0),
  };
}
