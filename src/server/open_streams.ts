import { Bag } from "../bag.ts";

/** Ends one request: with an `error` event if its stream has begun, else with an error status. */
export type EndStream = (error: Error) => void;

/** The places for requests in flight, where several threads share them. */
export interface Places {
  taken(): number;
  /** Takes one; false if as many as `max` are taken. */
  take(max: number): boolean;
  giveBack(): void;
}

/** Keeps account of requests in flight, so that a shutdown can end those that take too long. */
export class OpenStreams {
  readonly #streams = new Bag<EndStream>();
  readonly #places: Places | undefined;
  #count = 0;

  constructor(places?: Places) {
    this.#places = places;
  }

  /** Requests in flight in this thread. */
  get size(): number {
    return this.#streams.size;
  }

  /** Requests in flight in all threads. */
  get total(): number {
    return this.#places?.taken() ?? this.size;
  }

  /** Requests that this thread has let in since it started. */
  get count(): number {
    return this.#count;
  }

  /** Lets a request in, and returns what takes it out again; undefined if there are `max`. */
  enter(end: EndStream, max: number): (() => void) | undefined {
    const hasPlace = this.#places ? this.#places.take(max) : this.size < max;
    if (!hasPlace) return undefined;
    this.#count++;
    const entry = this.#streams.add(end);
    return () => {
      if (this.#streams.remove(entry)) this.#places?.giveBack();
    };
  }

  /** Ends all requests that are still in flight. */
  endAll(error: Error): void {
    for (const end of this.#streams.items()) end(error);
  }
}
