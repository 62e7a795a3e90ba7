import type { Activity, ActivityReport, Marks } from "./activity.ts";
import type { OpenStreams } from "./open_streams.ts";

/** What one thread counted since it started; what a server of several threads tells is their sum. */
export interface ThreadNumbers {
  /** 0 is the main thread. */
  readonly thread: number;
  readonly requests: number;
  readonly openRequests: number;
  /** Parts of requests that were dropped, by target. */
  readonly dropped: ReadonlyMap<string, number>;
  /** What came after the marks that were asked with; undefined without any. */
  readonly activity: ActivityReport | undefined;
}

/** What else to tell than numbers. */
export interface Wanted {
  /** Recent requests, from here on. */
  readonly marks?: Marks | undefined;
  /** The thread; 0 is the main one. */
  readonly thread?: number;
}

/** The numbers of this thread. */
export function numbersOf(
  { streams, lossCounts, activity }: {
    readonly streams: OpenStreams;
    readonly lossCounts: ReadonlyMap<string, number>;
    readonly activity: Activity;
  },
  { thread = 0, marks }: Wanted = {},
): ThreadNumbers {
  return {
    thread,
    requests: streams.count,
    openRequests: streams.size,
    dropped: lossCounts,
    activity: marks && activity.report(marks),
  };
}

/** The sum of one number over threads. */
export function sumOf(
  all: readonly ThreadNumbers[],
  number: (numbers: ThreadNumbers) => number,
): number {
  return all.reduce((sum, numbers) => sum + number(numbers), 0);
}
