import type { OpenStreams } from "./open_streams.ts";

/** What one thread counted since it started; what a server of several threads tells is their sum. */
export interface ThreadNumbers {
  /** 0 is the main thread. */
  readonly thread: number;
  readonly requests: number;
  readonly openRequests: number;
  /** Parts of requests that were dropped, by target. */
  readonly dropped: ReadonlyMap<string, number>;
}

/** The numbers of this thread. */
export function numbersOf(
  { streams, lossCounts }: {
    readonly streams: OpenStreams;
    readonly lossCounts: ReadonlyMap<string, number>;
  },
  thread = 0,
): ThreadNumbers {
  return { thread, requests: streams.count, openRequests: streams.size, dropped: lossCounts };
}

/** The sum of one number over threads. */
export function sumOf(
  all: readonly ThreadNumbers[],
  number: (numbers: ThreadNumbers) => number,
): number {
  return all.reduce((sum, numbers) => sum + number(numbers), 0);
}
