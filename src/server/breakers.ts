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

/** What one thread tells the others of a target. */
export type BreakerEvent = "probing" | "released" | "succeeded" | "failed";

/** Remembers which targets fail, so that requests with a fallback need not wait for them. */
export class Breakers {
  readonly #breakers = new Map<string, Breaker>();
  readonly #tell: (event: BreakerEvent, target: string) => void;

  constructor(tell: (event: BreakerEvent, target: string) => void = () => {}) {
    this.#tell = tell;
  }

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
    if (this.#breakers.get(target)?.probing) return false;
    this.probing(target);
    return true;
  }

  /** A request tries whether the target works again. */
  probing(target: string): void {
    const breaker = this.#breakers.get(target);
    if (!breaker) return;
    breaker.probing = true;
    this.#tell("probing", target);
  }

  /** The target answered, be it with a refusal of the request itself. */
  succeeded(target: string): void {
    if (this.#breakers.delete(target)) this.#tell("succeeded", target);
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
    this.#tell("failed", target);
  }

  /** Nobody knows how the request ended: the client left. */
  released(target: string): void {
    const breaker = this.#breakers.get(target);
    if (!breaker?.probing) return;
    breaker.probing = false;
    this.#tell("released", target);
  }

  /** A thread is gone, and nobody knows which targets it was trying. */
  releaseAll(): void {
    for (const target of this.#breakers.keys()) this.released(target);
  }
}
