import { isObject, type JsonObject } from "../../json.ts";

const MAX_RETRY_SECONDS = 3600;

/** Where an upstream may say when to try again. */
export interface RetrySources {
  readonly headers: Headers;
  /** The upstream's error object, or what stands in for one. */
  readonly error: JsonObject;
  readonly message: string;
  /** Milliseconds since 1970; dates in headers are read against it. */
  readonly now: number;
}

/** Seconds to wait before the next try, from 1 to 3600; undefined if the upstream does not say. */
export function retryAfterSeconds(sources: RetrySources): number | undefined {
  const { headers, error, message, now } = sources;
  const ms = fromRetryAfter(headers.get("retry-after"), now) ??
    number(headers.get("retry-after-ms")) ??
    number(headers.get("x-ms-retry-after-ms")) ??
    fromErrorObject(error, now) ??
    fromMessage(message) ??
    fromResets(headers, now);
  if (ms === undefined) return undefined;
  return Math.min(MAX_RETRY_SECONDS, Math.max(1, Math.ceil(ms / 1000)));
}

/** Anthropic's rate-limit headers for OpenAI's; what the upstream does not say is left out. */
export function rateLimitHeaders(upstream: Headers, now: number): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const kind of ["requests", "tokens"]) {
    for (const field of ["limit", "remaining"]) {
      const value = number(upstream.get(`x-ratelimit-${field}-${kind}`));
      if (value === undefined) continue;
      headers[`anthropic-ratelimit-${kind}-${field}`] = String(Math.trunc(value));
    }
    const reset = durationMs(upstream.get(`x-ratelimit-reset-${kind}`), now);
    const time = reset === undefined ? Number.NaN : Math.ceil((now + reset) / 1000) * 1000;
    if (Math.abs(time) > MAX_DATE_MS || Number.isNaN(time)) continue;
    headers[`anthropic-ratelimit-${kind}-reset`] = new Date(time).toISOString()
      .replace(".000Z", "Z");
  }
  return headers;
}

/** The furthest that a `Date` can be from 1970. */
const MAX_DATE_MS = 8.64e15;

function fromRetryAfter(value: string | null, now: number): number | undefined {
  const seconds = number(value);
  if (seconds !== undefined) return seconds * 1000;
  const date = value ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : date - now;
}

/** Codex's `resets_in_seconds`, Gemini's `RetryInfo` and OpenRouter's forwarded headers. */
function fromErrorObject(error: JsonObject, now: number): number | undefined {
  for (const field of ["resets_in_seconds", "retry_after", "retry_after_seconds"]) {
    const seconds = error[field];
    if (typeof seconds === "number" && Number.isFinite(seconds)) return seconds * 1000;
  }
  for (const detail of Array.isArray(error.details) ? error.details : []) {
    if (isObject(detail) && typeof detail.retryDelay === "string") {
      return durationMs(detail.retryDelay, now);
    }
  }
  const forwarded = isObject(error.metadata) ? error.metadata.headers : undefined;
  const reset = isObject(forwarded) ? forwarded["X-RateLimit-Reset"] : undefined;
  return typeof reset === "string" || typeof reset === "number"
    ? durationMs(String(reset), now)
    : undefined;
}

/** `Please try again in 1m30.5s`. */
function fromMessage(message: string): number | undefined {
  const [, duration] =
    /\b(?:try again|retry) (?:in|after) ((?:[\d.]+ ?(?:ms|[dhms]))+)/i.exec(message) ??
      [];
  const [, seconds] = /\b(?:try again|retry) (?:in|after) ([\d.]+) ?sec/i.exec(message) ?? [];
  if (seconds !== undefined) return durationMs(seconds, 0);
  return duration === undefined ? undefined : durationMs(duration.replaceAll(" ", ""), 0);
}

/** The limit that was used up decides; where none says so, the first to be renewed. */
function fromResets(headers: Headers, now: number): number | undefined {
  const limits = ["requests", "tokens"].map((kind) => ({
    reset: durationMs(headers.get(`x-ratelimit-reset-${kind}`), now),
    used: number(headers.get(`x-ratelimit-remaining-${kind}`)) === 0,
  }));
  const known = limits.filter(({ reset }) => reset !== undefined);
  const used = known.filter((limit) => limit.used).map(({ reset }) => reset as number);
  if (used.length > 0) return Math.max(...used);
  return known.length > 0 ? Math.min(...known.map(({ reset }) => reset as number)) : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

/** `6m0s`, `1m30.5s`, `250ms`, a date, plain seconds, or a time since 1970 in seconds or ms. */
function durationMs(text: string | null, now: number): number | undefined {
  if (!text) return undefined;
  const plain = number(text);
  if (plain !== undefined) return sinceEpoch(plain, now) ?? plain * 1000;
  if (/^(?:[\d.]{1,20}(?:ms|[dhms]))+$/.test(text)) {
    let total = 0;
    for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|[dhms])/g)) {
      total += Number(amount) * (UNIT_MS[unit ?? "s"] ?? 1000);
    }
    return Number.isFinite(total) ? total : undefined;
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Numbers this large are points in time: 1e9 seconds were reached in 2001. */
function sinceEpoch(value: number, now: number): number | undefined {
  if (value < 1e9) return undefined;
  return Math.max(0, (value < 1e12 ? value * 1000 : value) - now);
}

function number(text: string | null): number | undefined {
  if (text === null || !/^\s*\d{1,16}(?:\.\d{1,9})?\s*$/.test(text)) return undefined;
  return Number(text);
}
