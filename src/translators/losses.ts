import { UnsupportedFeatureError } from "../errors.ts";
import type { LossPolicy } from "../target.ts";

/** One part of a request that the upstream cannot take. */
export interface Loss {
  /** Path inside the client's request, such as `messages.3.content.0`. */
  readonly path: string;
  /** What was lost, in words; no text of the prompt. */
  readonly what: string;
}

/** Collects what a translation drops, and refuses where the target's `on_loss` says so. */
export class Losses {
  readonly #policy: LossPolicy;
  readonly #where: string;
  readonly #losses = new Map<string, Loss>();

  /** `where` names the target and mode in messages: `target 'fast' (chat_completions)`. */
  constructor(policy: LossPolicy, where: string) {
    this.#policy = policy;
    this.#where = where;
  }

  /** What was dropped or degraded, each path once, in order. */
  get all(): readonly Loss[] {
    return [...this.#losses.values()];
  }

  /** True if the client is told in `x-switchyard-dropped`. */
  get reported(): boolean {
    return this.#policy !== "drop";
  }

  /**
   * Notes that a part was dropped or degraded (verdict W of the mapping).
   *
   * @throws {UnsupportedFeatureError} If the target's `on_loss` is `error`.
   */
  warn(path: string, what: string): void {
    if (this.#policy === "error") this.reject(path, what);
    if (!this.#losses.has(path)) this.#losses.set(path, { path, what });
  }

  /**
   * Refuses the request (verdict R of the mapping).
   *
   * @throws {UnsupportedFeatureError} Always.
   */
  reject(path: string, what: string): never {
    throw new UnsupportedFeatureError(`${path}: ${what} is not supported by ${this.#where}`);
  }
}
