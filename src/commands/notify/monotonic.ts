/** What a clock is read off; replaced in tests. */
export interface ClockSources {
  /** Uptime of the system in seconds, rounded up as Linux does. */
  readonly uptimeSeconds: () => number;
  /** The process's own clock, which begins anywhere, in ms. */
  readonly nowMs: () => number;
}

const SYSTEM: ClockSources = {
  uptimeSeconds: () => Deno.osUptime(),
  nowMs: () => performance.now(),
};

/**
 * The system's monotonic clock, up to a second late and never early.
 *
 * Deno shows that clock nowhere, only the uptime in whole seconds; the process's own clock tells
 * the rest, the better the more often it is read. A service manager wants to know whether a message
 * is younger than its own request, so late is harmless and early is not.
 */
export class MonotonicClock {
  readonly #sources: ClockSources;
  #leastDistanceUsec = Infinity;

  constructor(sources: ClockSources = SYSTEM) {
    this.#sources = sources;
  }

  /**
   * The time in µs.
   *
   * @throws {Deno.errors.NotCapable} Without the right to `sys=osUptime`.
   */
  usec(): number {
    const { uptimeSeconds, nowMs } = this.#sources;
    const ownUsec = nowMs() * 1_000;
    const distanceUsec = uptimeSeconds() * 1_000_000 - ownUsec;
    this.#leastDistanceUsec = Math.min(this.#leastDistanceUsec, distanceUsec);
    return Math.round(this.#leastDistanceUsec + ownUsec);
  }
}
