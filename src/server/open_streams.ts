/** Ends one stream with an `error` event. */
export type EndStream = (error: Error) => void;

/** Keeps account of streams in flight, so that a shutdown can end those that take too long. */
export class OpenStreams {
  readonly #streams = new Set<EndStream>();

  /** Streams in flight. */
  get size(): number {
    return this.#streams.size;
  }

  /** Adds a stream; the returned function takes it out again. */
  add(end: EndStream): () => void {
    this.#streams.add(end);
    return () => this.#streams.delete(end);
  }

  /** Ends all streams that are still in flight. */
  endAll(error: Error): void {
    for (const end of this.#streams) end(error);
  }
}
