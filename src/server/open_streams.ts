/** Ends one request: with an `error` event if its stream has begun, else with an error status. */
export type EndStream = (error: Error) => void;

/** Keeps account of requests in flight, so that a shutdown can end those that take too long. */
export class OpenStreams {
  readonly #streams = new Set<EndStream>();

  /** Requests in flight. */
  get size(): number {
    return this.#streams.size;
  }

  /** Adds a request; the returned function takes it out again. */
  add(end: EndStream): () => void {
    this.#streams.add(end);
    return () => this.#streams.delete(end);
  }

  /** Ends all requests that are still in flight. */
  endAll(error: Error): void {
    for (const end of [...this.#streams]) end(error);
  }
}
