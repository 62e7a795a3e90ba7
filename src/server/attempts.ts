import { GatewayError, UpstreamError, UpstreamUnreachableError } from "../errors.ts";
import { getLogger } from "../log.ts";
import type { Target } from "../target.ts";
import { mayUse } from "./auth.ts";
import type { RequestContext } from "./context.ts";

const log = getLogger("attempts");

/** First pause before another try; it doubles with every further one. */
const FIRST_PAUSE_MS = 500;

/** Asks one target. */
export type Ask = (target: Target) => Promise<Response>;

/**
 * Asks a target as often as its `retry` allows, then its fallbacks in order.
 *
 * Only failures before the first byte reach this place, so nothing is ever sent twice to a client.
 *
 * @throws {GatewayError} What the last target failed with.
 */
export async function askTargets(
  context: RequestContext,
  first: Target,
  ask: Ask,
): Promise<Response> {
  let failure: unknown;
  for (const target of withFallbacks(context, first)) {
    try {
      return await askRepeatedly(context, target, ask);
    } catch (error) {
      failure = error;
      if (context.signal.aborted || !canAnotherAnswer(error)) throw error;
      log.warn("A target could not answer", {
        request_id: context.requestId,
        target: target.name,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
  throw failure;
}

async function askRepeatedly(context: RequestContext, target: Target, ask: Ask): Promise<Response> {
  const { attempts, maxWaitMs } = target.retry;
  for (let attempt = 1;; attempt++) {
    forgetAnswer(context, target);
    try {
      return await ask(target);
    } catch (error) {
      const pause = attempt < attempts ? pauseBefore(error, { attempt, maxWaitMs }) : undefined;
      if (pause === undefined || context.signal.aborted) throw error;
      await sleep(pause, context.signal);
      if (context.signal.aborted) throw error;
    }
  }
}

/** What the failed attempt before this one left behind is not true any more. */
function forgetAnswer({ record }: RequestContext, target: Target): void {
  record.target = target.name;
  record.answeredBy = undefined;
  record.upstreamRequestId = undefined;
  record.upstreamHeaders = undefined;
}

/** The target and its fallbacks, each once; a key's `targets` hold for fallbacks too. */
function* withFallbacks({ config, key }: RequestContext, first: Target): Iterable<Target> {
  const seen = new Set<string>();
  const queue = [first];
  for (let target = queue.shift(); target; target = queue.shift()) {
    if (seen.has(target.name)) continue;
    seen.add(target.name);
    yield target;
    for (const name of target.fallback) {
      const next = config.targets.get(name);
      if (next && mayUse(key, name)) queue.push(next);
    }
  }
}

/** Milliseconds to wait before the same target is asked again; undefined if that is of no use. */
function pauseBefore(
  error: unknown,
  { attempt, maxWaitMs }: { readonly attempt: number; readonly maxWaitMs: number },
): number | undefined {
  if (!(error instanceof GatewayError) || error.headers["x-should-retry"] === "false") {
    return undefined;
  }
  const { status } = error;
  if (status !== 429 && status !== 409 && status < 500) return undefined;
  const asked = askedPause(error.headers);
  // To come back earlier than asked would only be refused again.
  if (asked !== undefined) return asked > maxWaitMs ? undefined : asked;
  // Jitter keeps clients that failed together from coming back together.
  return Math.min(maxWaitMs, FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
}

/** The pause that the upstream asked for, in milliseconds. */
function askedPause(headers: Readonly<Record<string, string>>): number | undefined {
  const exact = headers["retry-after-ms"];
  if (exact !== undefined && /^\d+$/.test(exact)) return Number(exact);
  const asked = headers["retry-after"];
  if (asked === undefined) return undefined;
  const pause = /^[\d.]+$/.test(asked) ? Number(asked) * 1000 : Date.parse(asked) - Date.now();
  return Number.isNaN(pause) ? undefined : Math.max(0, pause);
}

/** True if the failure is the target's, not the request's. */
function canAnotherAnswer(error: unknown): boolean {
  if (error instanceof UpstreamUnreachableError) return true;
  if (!(error instanceof GatewayError)) return false;
  if (error instanceof UpstreamError) return error.status !== 400 && error.status !== 413;
  return error.status >= 500;
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
