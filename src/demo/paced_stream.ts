import type { StreamPiece } from "./api.ts";

/** How fast a stream goes, and what ends it early. */
export interface Pace {
  /** Between two events. */
  readonly delayMs: number;
  readonly signal: AbortSignal;
}

/** Longest time that all of a stream's pauses take together. */
const MAX_PAUSES_MS = 3000;

/**
 * The events as bytes, one after the other with a pause between. A reader that goes away stops
 * the clock at once; the signal does too, and leaves the stream without its rest.
 */
export function pacedStream(
  events: readonly StreamPiece[],
  { delayMs, signal }: Pace,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const pauseMs = Math.min(delayMs, MAX_PAUSES_MS / Math.max(1, events.length));
  const stopped = new AbortController();
  const ended = AbortSignal.any([signal, stopped.signal]);
  let at = 0;
  return new ReadableStream({
    async pull(controller): Promise<void> {
      if (at > 0) await pause(pauseMs, ended);
      const event = events[at++];
      if (stopped.signal.aborted) return;
      if (signal.aborted) return controller.close();
      if (event !== undefined) {
        controller.enqueue(typeof event === "string" ? encoder.encode(event) : event);
      }
      if (at >= events.length) controller.close();
    },
    cancel(): void {
      stopped.abort();
    },
  });
}

/** Resolves after the time, or as soon as the signal says. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
