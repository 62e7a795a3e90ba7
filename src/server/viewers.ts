import { UnavailableError } from "../errors.ts";
import type { Marks } from "./activity.ts";
import type { ThreadNumbers } from "./numbers.ts";
import { Overview } from "./overview.ts";

/** Most viewers of one thread. */
const MAX_VIEWERS = 32;

/** How often the threads are asked while somebody looks. */
const LOOK_EVERY_MS = 1_000;

/** What the threads said last. */
export interface View {
  readonly threads: readonly ThreadNumbers[];
  readonly overview: Overview;
}

/**
 * Those who watch the server live. The threads are asked for what is new once a second for all of
 * them, and not at all while there is nobody.
 */
export class Viewers {
  readonly #collect: (marks: Marks) => Promise<readonly ThreadNumbers[]>;
  readonly #everyMs: number;
  #looking = Promise.withResolvers<View>();
  #overview = new Overview();
  #latest: View | undefined;
  #size = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    collect: (marks: Marks) => Promise<readonly ThreadNumbers[]>,
    everyMs = LOOK_EVERY_MS,
  ) {
    this.#collect = collect;
    this.#everyMs = everyMs;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Makes sure that there is room for one more.
   *
   * @throws {UnavailableError} If there is none.
   */
  checkRoom(): void {
    if (this.#size >= MAX_VIEWERS) throw new UnavailableError("Too many viewers watch the server");
  }

  /** Lets a viewer in, and returns what takes it out again. */
  join(): () => void {
    if (this.#size++ === 0) {
      this.#overview = new Overview();
      this.#latest = undefined;
      this.#lookAfter(0);
    }
    let isIn = true;
    return () => {
      if (isIn && --this.#size === 0) clearTimeout(this.#timer);
      isIn = false;
    };
  }

  /** What the threads said last, or else say next. */
  async first(): Promise<View> {
    return this.#latest ?? await this.next();
  }

  /** What the threads say next. */
  next(): Promise<View> {
    return this.#looking.promise;
  }

  #lookAfter(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), delayMs);
  }

  async #look(): Promise<void> {
    const overview = this.#overview;
    const threads = await this.#collect(overview.marks);
    // Everybody left meanwhile; whoever came since gets a look of its own.
    if (overview !== this.#overview) return;
    overview.add(threads);
    const { resolve } = this.#looking;
    this.#looking = Promise.withResolvers();
    this.#latest = { threads, overview };
    resolve(this.#latest);
    if (this.#size > 0) this.#lookAfter(this.#everyMs);
  }
}
