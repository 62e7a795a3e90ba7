import { GatewayError, UpstreamError, UpstreamUnreachableError } from "../errors.ts";
import { getLogger } from "../log.ts";
import type { Target } from "../target.ts";
import { errorWords } from "./access_log.ts";
import { mayUse } from "./auth.ts";
import type { RequestContext } from "./context.ts";
import { refusesKey } from "./key_refusals.ts";

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
  const { breakers, tally } = context.services;
  context.record.firstTarget = first.name;
  const targets = [...withFallbacks(context, first)];
  let failure: unknown;
  for (const [at, target] of targets.entries()) {
    // The last one is asked whatever is known of it: a slow failure beats a certain one.
    const isLast = at === targets.length - 1;
    if (!breakers.admits(target.name) && !isLast) continue;
    if (at > 0) tally.fellBack(first.name, target.name);
    try {
      const answer = await askRepeatedly(context, target, ask);
      noteAnswer(context, target);
      return answer;
    } catch (error) {
      failure = error;
      noteFailure(context, target, error);
      if (context.signal.aborted || !canAnotherAnswer(error)) throw error;
      log.warn("A target could not answer", {
        request_id: context.requestId,
        target: target.name,
        error: errorWords(error, context.config.logging),
      });
    }
  }
  throw failure;
}

/** Of a stream that was committed while the upstream was silent, only its end tells. */
function noteAnswer(context: RequestContext, { name }: Target): void {
  const { record, signal, services: { breakers } } = context;
  if (record.upstreamHeaders) return breakers.succeeded(name);
  const isOpen = context.whenStreamEnds((error) => {
    if (isOutage(error)) breakers.failed(name);
    else if (record.upstreamHeaders) breakers.succeeded(name);
    else breakers.released(name);
  });
  if (!isOpen || signal.aborted) breakers.released(name);
}

function noteFailure(
  { signal, services: { breakers } }: RequestContext,
  { name }: Target,
  error: unknown,
): void {
  if (signal.aborted) breakers.released(name);
  else if (isOutage(error)) breakers.failed(name);
  else breakers.succeeded(name);
}

async function askRepeatedly(context: RequestContext, target: Target, ask: Ask): Promise<Response> {
  const { attempts, maxWaitMs } = target.retry;
  const { keyRings, tally } = context.services;
  const keys = keyRings.of(target);
  let otherKeys = target.apiKeys.length - 1;
  for (let attempt = 1;; attempt++) {
    forgetAnswer(context, target);
    try {
      return await ask(target);
    } catch (error) {
      // A key that was refused says nothing about the others, so asking with one is no retry.
      if (isKeyRefusal(error) && otherKeys-- > 0 && keys.resting() < target.apiKeys.length) {
        attempt--;
        tally.retried(target.name, "key");
        continue;
      }
      const pause = attempt < attempts ? pauseBefore(error, { attempt, maxWaitMs }) : undefined;
      if (pause === undefined || context.signal.aborted) throw error;
      await sleep(pause, context.signal);
      if (context.signal.aborted) throw error;
      tally.retried(target.name, "failure");
    }
  }
}

/** What the failed attempt before this one left behind is not true any more. */
function forgetAnswer({ record }: RequestContext, target: Target): void {
  record.attempts = (record.attempts ?? 0) + 1;
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
  return backOffMs(attempt, maxWaitMs);
}

/** The pause behind an attempt where nobody says how long; the random number is in [0, 1). */
export function backOffMs(attempt: number, maxWaitMs: number, random = Math.random()): number {
  // Jitter keeps clients that failed together from coming back together.
  return Math.min(maxWaitMs, FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + random));
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

/** True if the failure is that of one key of the target, which rests from now on. */
function isKeyRefusal(error: unknown): boolean {
  if (!(error instanceof UpstreamError) || error.upstreamStatus < 400) return false;
  return refusesKey(error.status);
}

/** True if the target as a whole seems to be out of order. */
function isOutage(error: unknown): boolean {
  return error instanceof GatewayError && error.status >= 500;
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
