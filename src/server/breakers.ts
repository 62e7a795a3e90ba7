/** Failures in a row after which a target is put aside. */
const FAILURES = 3;

/** How long it is put aside first, and at most. */
const FIRST_REST_MS = 15_000;
const LONGEST_REST_MS = 2 * 60_000;

/** closed: in use; open: put aside; half_open: one request tries whether it works again. */
export type BreakerState = "closed" | "open" | "half_open";

interface Breaker {
  failures: number;
  restMs: number;
  openUntil: number;
  probing: boolean;
}

/** Remembers which targets fail, so that requests with a fallback need not wait for them. */
export class Breakers {
  readonly #breakers = new Map<string, Breaker>();

  /** What the status page shows. */
  state(target: string, now = performance.now()): BreakerState {
    const breaker = this.#breakers.get(target);
    if (!breaker || breaker.failures < FAILURES) return "closed";
    return now < breaker.openUntil ? "open" : "half_open";
  }

  /** True if the target may be asked; of a half-open one, by one request at a time. */
  admits(target: string, now = performance.now()): boolean {
    const state = this.state(target, now);
    if (state !== "half_open") return state === "closed";
    const breaker = this.#breakers.get(target);
    if (!breaker || breaker.probing) return false;
    breaker.probing = true;
    return true;
  }

  /** The target answered, be it with a refusal of the request itself. */
  succeeded(target: string): void {
    this.#breakers.delete(target);
  }

  /** The target could not answer. */
  failed(target: string, now = performance.now()): void {
    const breaker = this.#breakers.get(target) ??
      { failures: 0, restMs: FIRST_REST_MS, openUntil: 0, probing: false };
    breaker.failures++;
    if (breaker.failures > FAILURES) {
      breaker.restMs = Math.min(LONGEST_REST_MS, breaker.restMs * 2);
    }
    if (breaker.failures >= FAILURES) breaker.openUntil = now + breaker.restMs;
    breaker.probing = false;
    this.#breakers.set(target, breaker);
  }

  /** Nobody knows how the request ended: the client left. */
  released(target: string): void {
    const breaker = this.#breakers.get(target);
    if (breaker) breaker.probing = false;
  }
}
