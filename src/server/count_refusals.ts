import type { Target } from "../target.ts";

/** How long an upstream that cannot count is not asked again. */
const REFUSED_MS = 10 * 60_000;

/** Most models of one target that are remembered; their names come from clients. */
const MAX_MODELS = 256;

/** Models whose tokens their upstream does not count, or not for this gateway's credentials. */
export class CountRefusals {
  /** By target object: a reload makes new ones, and asks again. */
  readonly #until = new WeakMap<Target, Map<string, number>>();
  readonly #now: () => number;

  /** `now` is a clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** True if the upstream refused to count for this model within the last ten minutes. */
  has(target: Target, model: string): boolean {
    return (this.#until.get(target)?.get(model) ?? -Infinity) > this.#now();
  }

  /** The upstream refused. */
  add(target: Target, model: string): void {
    const models = this.#until.get(target) ?? new Map<string, number>();
    if (models.size >= MAX_MODELS) models.clear();
    this.#until.set(target, models.set(model, this.#now() + REFUSED_MS));
  }
}
