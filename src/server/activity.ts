import { redact } from "../log.ts";
import { errorWords } from "./access_log.ts";
import { type EndedRequest, errorTypeOf, targetOf } from "./ended_request.ts";
import { allInput } from "./record.ts";

/** Requests that are remembered. */
export const RECENT = 200;

/** Minutes that are remembered, the one that runs included. */
export const MINUTES = 60;

const MINUTE_MS = 60_000;

/** Longest text of a client's or an upstream's choice, in UTF-16 units. */
const MAX_TEXT = 200;

/** Most dropped parts that are named of one request. */
const MAX_DROPPED = 8;

/** A request as the status page lists it. Holds nothing of what was asked or answered. */
export interface RequestSummary {
  readonly id: string;
  /** When it ended, in milliseconds since 1970. */
  readonly ended_at: number;
  /** Null if it was refused before a target was found. */
  readonly target: string | null;
  readonly model: string | null;
  readonly stream: boolean;
  readonly status: number;
  /** Anthropic's type and some words; null if all went well. */
  readonly error: { readonly type: string; readonly message: string } | null;
  readonly duration_ms: number;
  readonly first_event_ms: number | null;
  readonly tokens: {
    readonly input: number;
    readonly cache_read: number;
    readonly cache_creation: number;
    readonly output: number;
  } | null;
  /** What was dropped, with its place in the request; the first few. */
  readonly dropped: readonly string[];
}

/** What one target did in one minute. */
export interface Minute {
  readonly target: string;
  /** Minutes since 1970. */
  readonly minute: number;
  requests: number;
  errors: number;
  /** Sum and number of the delays until the first event of streams. */
  first_event_ms: number;
  first_events: number;
  slowest_ms: number;
  input_tokens: number;
  /** Those of the input that came from a cache. */
  cached_tokens: number;
  output_tokens: number;
}

/** What one recorder saw after a mark, oldest first. */
export interface ActivityReport {
  /** Unlike that of any other recorder: a thread that was replaced has a new one. */
  readonly recorder: string;
  /** To ask with next time. */
  readonly mark: number;
  readonly requests: readonly RequestSummary[];
  /** Those that changed, with their whole counts. */
  readonly minutes: readonly Minute[];
}

/** By recorder, the mark up to which its activity is known. */
export type Marks = Readonly<Record<string, number>>;

interface Counted extends Minute {
  /** The mark of its last change. */
  changed: number;
}

/** Remembers what requests did lately, in bounded memory. One for each thread. */
export class Activity {
  readonly #id = crypto.randomUUID();
  readonly #recent: RequestSummary[] = [];
  readonly #targets = new Map<string, Counted[]>();
  #mark = 0;
  #newest = 0;

  /** Notes a request that ended; those that meant no target and did no harm are passed over. */
  readonly watch = (ended: EndedRequest): void => {
    const target = targetOf(ended);
    if (target === undefined && (ended.error === undefined || ended.method !== "POST")) return;
    this.#recent[this.#mark++ % RECENT] = summarize(ended, target);
    if (target !== undefined) this.#count(target, ended);
  };

  /** What came after the mark of this recorder, or all. */
  report(marks: Marks = {}): ActivityReport {
    const after = Math.max(marks[this.#id] ?? 0, this.#mark - RECENT);
    const requests: RequestSummary[] = [];
    for (let at = after; at < this.#mark; at++) {
      const summary = this.#recent[at % RECENT];
      if (summary) requests.push(redacted(summary));
    }
    const minutes: Minute[] = [];
    const known = marks[this.#id] ?? 0;
    for (const counted of [...this.#targets.values()].flat()) {
      const { changed, ...minute } = counted;
      if (changed > known) minutes.push(minute);
    }
    return { recorder: this.#id, mark: this.#mark, requests, minutes };
  }

  #count(target: string, ended: EndedRequest): void {
    const { tokens, firstEventMs } = ended;
    const counted = this.#minute(target, Math.floor(ended.endedAt / MINUTE_MS));
    counted.changed = this.#mark;
    counted.requests++;
    if (ended.error !== undefined) counted.errors++;
    if (firstEventMs !== undefined) {
      counted.first_events++;
      counted.first_event_ms += firstEventMs;
      counted.slowest_ms = Math.max(counted.slowest_ms, firstEventMs);
    }
    if (tokens === undefined) return;
    counted.input_tokens += allInput(tokens);
    counted.cached_tokens += tokens.cacheRead;
    counted.output_tokens += tokens.output;
  }

  /** The counts of a minute; what is older than an hour goes when a new minute begins. */
  #minute(target: string, minute: number): Counted {
    if (minute > this.#newest) {
      this.#newest = minute;
      this.#forget(minute - MINUTES);
    }
    let minutes = this.#targets.get(target);
    if (!minutes) this.#targets.set(target, minutes = []);
    const last = minutes.at(-1);
    // When the clock was set back, the counting goes on in the minute that it had reached.
    if (last && last.minute >= minute) return last;
    const fresh = emptyMinute(target, minute);
    minutes.push(fresh);
    return fresh;
  }

  #forget(before: number): void {
    for (const [target, minutes] of this.#targets) {
      const kept = minutes.filter(({ minute }) => minute > before);
      if (kept.length === 0) this.#targets.delete(target);
      else this.#targets.set(target, kept);
    }
  }
}

function emptyMinute(target: string, minute: number): Counted {
  return {
    target,
    minute,
    changed: 0,
    requests: 0,
    errors: 0,
    first_event_ms: 0,
    first_events: 0,
    slowest_ms: 0,
    input_tokens: 0,
    cached_tokens: 0,
    output_tokens: 0,
  };
}

/** Without anything that looks like a secret, in case a client or an upstream named one. */
function redacted(summary: RequestSummary): RequestSummary {
  const { model, error } = summary;
  return {
    ...summary,
    model: model && redact(model),
    error: error && { ...error, message: redact(error.message) },
    dropped: summary.dropped.map(redact),
  };
}

function summarize(ended: EndedRequest, target: string | undefined): RequestSummary {
  const { tokens, error, losses = [] } = ended;
  const type = errorTypeOf(ended);
  return {
    id: ended.requestId,
    ended_at: ended.endedAt,
    target: target ?? null,
    model: ended.model?.slice(0, MAX_TEXT) ?? null,
    stream: ended.stream ?? false,
    status: ended.status,
    error: type === undefined
      ? null
      : { type, message: errorWords(error, { bodies: false }).slice(0, MAX_TEXT) },
    duration_ms: ended.durationMs,
    first_event_ms: ended.firstEventMs ?? null,
    tokens: tokens === undefined ? null : {
      input: tokens.input,
      cache_read: tokens.cacheRead,
      cache_creation: tokens.cacheCreation,
      output: tokens.output,
    },
    dropped: losses.slice(0, MAX_DROPPED).map(({ path, what }) =>
      `${path}: ${what}`.slice(0, MAX_TEXT)
    ),
  };
}
