import type { UpstreamError } from "../errors.ts";
import type { Turn } from "../translators/turn.ts";
import type { Services } from "./services.ts";

/** Statuses that refuse a key: unknown, out of money, or asked too often. */
const REFUSALS: ReadonlySet<number> = new Set([401, 402, 429]);

/** True if an answer with this status is about the key that was shown. */
export function refusesKey(status: number): boolean {
  return REFUSALS.has(status);
}

/** Lets the key of a refused request rest, and hands the failure on. */
export function noteKeyRefusal(
  { keyRings, tell }: Services,
  { target, apiKey }: Turn,
  failure: UpstreamError,
): UpstreamError {
  const { status, headers } = failure;
  if (refusesKey(status)) {
    const seconds = Number(headers["retry-after"]);
    const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined;
    keyRings.of(target).refused(apiKey, { status, retryAfterMs });
    tell({ kind: "key_refused", target: target.name, key: apiKey, status, retryAfterMs });
  }
  return failure;
}
