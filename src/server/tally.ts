import { ClientGoneError } from "../errors.ts";
import { type EndedRequest, errorTypeOf, targetOf } from "./ended_request.ts";
import type { Tokens } from "./record.ts";

/**
 * Upper bounds of the buckets of durations, in milliseconds: from an answer out of a cache to a
 * model that thinks for ten minutes.
 */
export const BUCKETS_MS: readonly number[] = [
  50,
  100,
  250,
  500,
  1_000,
  2_500,
  5_000,
  10_000,
  20_000,
  30_000,
  60_000,
  120_000,
  300_000,
  600_000,
];

/** Label sets of one metric; names come from the config, so only many reloads get there. */
const MAX_SERIES = 10_000;

/** Why a target was asked again: after a pause because it failed, or at once with another key. */
export type RetryReason = "failure" | "key";

/** Values by their labels, joined by {@link labelKey}. */
type Series<Value> = Map<string, Value>;

/** How often something took how long. */
export interface Distribution {
  /** For each bucket, and for what is above all of them; not cumulative. */
  readonly counts: number[];
  sumMs: number;
}

/** What a thread counted since it started; it can be sent to another one. */
export interface TallyNumbers {
  /** By target, endpoint, class of the status, stream, key. */
  readonly requests: Series<number>;
  /** By target, type. */
  readonly errors: Series<number>;
  /** By target, key. */
  readonly tokens: Series<Tokens>;
  /** By target, reason. */
  readonly retries: Series<number>;
  /** By the target that was asked for, the target that was asked in its place. */
  readonly fallbacks: Series<number>;
  /** Until the last byte, of messages; by target, stream. */
  readonly durations: Series<Distribution>;
  /** Until the first event, of streams; by target. */
  readonly firstEvents: Series<Distribution>;
}

/** Counts what this thread does. It is called on the hot path: about 1 µs a request. */
export class Tally {
  readonly numbers: TallyNumbers = {
    requests: new Map(),
    errors: new Map(),
    tokens: new Map(),
    retries: new Map(),
    fallbacks: new Map(),
    durations: new Map(),
    firstEvents: new Map(),
  };
  /** Streams that are being sent. */
  openStreams = 0;

  /** Counts a request that was answered. */
  readonly ended = (request: EndedRequest): void => {
    const { requests, errors, tokens, durations, firstEvents } = this.numbers;
    const target = targetOf(request) ?? "";
    const key = request.keyName ?? "";
    const stream = request.stream === true ? "true" : "false";
    const endpoint = endpointOf(request.path);
    const status = `${Math.trunc(request.status / 100)}xx`;
    increase(requests, labelKey(target, endpoint, status, stream, key));
    const type = failureOf(request);
    if (type !== undefined) increase(errors, labelKey(target, type));
    if (request.tokens) addTokens(tokens, labelKey(target, key), request.tokens);
    if (endpoint !== "messages" || target === "") return;
    observe(durations, labelKey(target, stream), request.durationMs);
    if (request.firstEventMs !== undefined) observe(firstEvents, target, request.firstEventMs);
  };

  /** Counts that a target is asked again for the same request. */
  retried(target: string, reason: RetryReason): void {
    increase(this.numbers.retries, labelKey(target, reason));
  }

  /** Counts that a target is asked in the place of the one that the client asked for. */
  fellBack(from: string, to: string): void {
    increase(this.numbers.fallbacks, labelKey(from, to));
  }

  /** Takes over what a thread counted that is gone, so that no sum ever falls. */
  add(other: TallyNumbers): void {
    for (const name of ["requests", "errors", "retries", "fallbacks"] as const) {
      for (const [labels, count] of other[name]) increase(this.numbers[name], labels, count);
    }
    for (const [labels, tokens] of other.tokens) addTokens(this.numbers.tokens, labels, tokens);
    for (const name of ["durations", "firstEvents"] as const) {
      for (const [labels, { counts, sumMs }] of other[name]) {
        const own = entryOf(this.numbers[name], labels, newDistribution);
        counts.forEach((count, at) => own.counts[at] = (own.counts[at] ?? 0) + count);
        own.sumMs += sumMs;
      }
    }
  }
}

/** Values of labels as one text. The name of a key, which may hold anything, has to be the last. */
function labelKey(first: string, ...others: readonly string[]): string {
  let key = first;
  for (const value of others) key += `\0${value}`;
  return key;
}

/** The values of so many labels again. */
export function labelValues(labels: string, count: number): readonly string[] {
  const values = labels.split("\0");
  return [...values.slice(0, count - 1), values.slice(count - 1).join("\0")];
}

/** What went wrong; a client that left is no error of anybody, but is told apart from success. */
function failureOf(request: EndedRequest): string | undefined {
  return request.error instanceof ClientGoneError ? "client_gone" : errorTypeOf(request);
}

function endpointOf(path: string): string {
  const name = /\/v1\/(messages\/count_tokens|messages|models)(?=\/|$)/.exec(path)?.[1];
  return name === "messages/count_tokens" ? "count_tokens" : name ?? "other";
}

function increase(series: Series<number>, labels: string, by = 1): void {
  const known = series.get(labels);
  if (known !== undefined || series.size < MAX_SERIES) series.set(labels, (known ?? 0) + by);
  else series.set("", (series.get("") ?? 0) + by);
}

function entryOf<Value>(series: Series<Value>, labels: string, create: () => Value): Value {
  const place = series.has(labels) || series.size < MAX_SERIES ? labels : "";
  let entry = series.get(place);
  if (entry === undefined) series.set(place, entry = create());
  return entry;
}

function newDistribution(): Distribution {
  return { counts: new Array<number>(BUCKETS_MS.length + 1).fill(0), sumMs: 0 };
}

function observe(series: Series<Distribution>, labels: string, milliseconds: number): void {
  const entry = entryOf(series, labels, newDistribution);
  let bucket = 0;
  while (milliseconds > (BUCKETS_MS[bucket] ?? Infinity)) bucket++;
  entry.counts[bucket] = (entry.counts[bucket] ?? 0) + 1;
  entry.sumMs += milliseconds;
}

const NO_TOKENS: Tokens = { input: 0, cacheRead: 0, cacheCreation: 0, output: 0 };

function addTokens(series: Series<Tokens>, labels: string, tokens: Tokens): void {
  const entry = entryOf<{ -readonly [Name in keyof Tokens]: number }>(
    series,
    labels,
    () => ({ ...NO_TOKENS }),
  );
  entry.input += tokens.input;
  entry.cacheRead += tokens.cacheRead;
  entry.cacheCreation += tokens.cacheCreation;
  entry.output += tokens.output;
}
