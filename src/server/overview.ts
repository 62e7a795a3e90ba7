import {
  type ActivityReport,
  type Marks,
  type Minute,
  MINUTES,
  RECENT,
  type RequestSummary,
} from "./activity.ts";

/** What came after a version: requests oldest first, minutes with their whole counts. */
export interface Changes {
  /** To ask with next time. */
  readonly version: number;
  readonly requests: readonly RequestSummary[];
  readonly minutes: readonly Minute[];
}

interface Versioned<Value> {
  readonly version: number;
  readonly value: Value;
}

/** The activity of all threads in one: requests in the order of their ends, minutes summed up. */
export class Overview {
  readonly #marks: Record<string, number> = {};
  #requests: Versioned<RequestSummary>[] = [];
  /** By target and minute, the counts of each recorder. */
  readonly #minutes = new Map<string, { version: number; parts: Map<string, Minute> }>();
  #version = 0;

  /** What is known already, for the recorders. */
  get marks(): Marks {
    return this.#marks;
  }

  /** Takes in what the recorders of some threads saw. */
  add(threads: readonly { readonly activity: ActivityReport | undefined }[]): void {
    const version = ++this.#version;
    for (const { activity: report } of threads) {
      if (!report) continue;
      this.#marks[report.recorder] = report.mark;
      for (const value of report.requests) this.#requests.push({ version, value });
      for (const minute of report.minutes) this.#addMinute(report.recorder, minute, version);
    }
    this.#requests.sort((one, other) => one.value.ended_at - other.value.ended_at);
    this.#requests = this.#requests.slice(-RECENT);
    this.#forget();
  }

  /** What came after a version; everything without one. */
  since(version = 0): Changes {
    const isNew = (one: { readonly version: number }) => one.version > version;
    return {
      version: this.#version,
      requests: this.#requests.filter(isNew).map(({ value }) => value),
      minutes: [...this.#minutes.values()].filter(isNew).map(({ parts }) => sumUp(parts)),
    };
  }

  #addMinute(recorder: string, minute: Minute, version: number): void {
    const id = `${minute.minute} ${minute.target}`;
    const entry = this.#minutes.get(id) ?? { version, parts: new Map() };
    entry.version = version;
    entry.parts.set(recorder, minute);
    this.#minutes.set(id, entry);
  }

  #forget(): void {
    let newest = 0;
    for (const id of this.#minutes.keys()) newest = Math.max(newest, parseInt(id));
    for (const id of this.#minutes.keys()) {
      if (parseInt(id) <= newest - MINUTES) this.#minutes.delete(id);
    }
  }
}

function sumUp(parts: ReadonlyMap<string, Minute>): Minute {
  return [...parts.values()].reduce((sum, one) => ({
    target: one.target,
    minute: one.minute,
    requests: sum.requests + one.requests,
    errors: sum.errors + one.errors,
    first_event_ms: sum.first_event_ms + one.first_event_ms,
    first_events: sum.first_events + one.first_events,
    slowest_ms: Math.max(sum.slowest_ms, one.slowest_ms),
    input_tokens: sum.input_tokens + one.input_tokens,
    cached_tokens: sum.cached_tokens + one.cached_tokens,
    output_tokens: sum.output_tokens + one.output_tokens,
  }));
}
