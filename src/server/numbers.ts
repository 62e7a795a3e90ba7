import type { ConfigStore } from "../config/store.ts";
import type { Activity, ActivityReport, Marks } from "./activity.ts";
import type { OpenStreams } from "./open_streams.ts";
import type { Tally, TallyNumbers } from "./tally.ts";

/** What one thread counted since it started; what a server of several threads tells is their sum. */
export interface ThreadNumbers {
  /** 0 is the main thread. */
  readonly thread: number;
  readonly requests: number;
  readonly openRequests: number;
  /** Parts of requests that were dropped, by target. */
  readonly dropped: ReadonlyMap<string, number>;
  /** Streams that are being sent. */
  readonly openStreams: number;
  readonly tally: TallyNumbers;
  /** Config files that were refused; the main thread alone loads them. */
  readonly refusedReloads: number;
  /** When the thread started, in milliseconds since 1970; the main thread's is the process's. */
  readonly startedAt: number;
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
  { store, streams, lossCounts, tally, activity }: {
    readonly store: ConfigStore;
    readonly streams: OpenStreams;
    readonly lossCounts: ReadonlyMap<string, number>;
    readonly tally: Tally;
    readonly activity: Activity;
  },
  { thread = 0, marks }: Wanted = {},
): ThreadNumbers {
  return {
    thread,
    requests: streams.count,
    openRequests: streams.size,
    dropped: lossCounts,
    openStreams: tally.openStreams,
    tally: tally.numbers,
    refusedReloads: store.refused,
    startedAt: performance.timeOrigin,
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
