/** Finds stop sequences in streamed text, holding back only what could still become one. */
export class StopScanner {
  readonly #stops: readonly string[];
  readonly #holdUnits: number;
  #held = "";

  /** Every stop sequence has at least one character. */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
    this.#holdUnits = stops.reduce((longest, stop) => Math.max(longest, stop.length), 1) - 1;
  }

  /**
   * Takes text and passes on what is certainly before any stop sequence.
   *
   * Returns the stop sequence that ends the text: the one that is complete first, as a model
   * would run into it, and the longest of those. Nothing of it or behind it is passed on, and it
   * makes no difference where the text is cut.
   */
  push(text: string, pass: (clear: string) => void): string | undefined {
    const seen = this.#held + text;
    let end = Infinity;
    let match: string | undefined;
    for (const stop of this.#stops) {
      const at = seen.indexOf(stop);
      if (at < 0) continue;
      const stopEnd = at + stop.length;
      if (stopEnd < end || (stopEnd === end && stop.length > (match?.length ?? 0))) {
        end = stopEnd;
        match = stop;
      }
    }
    if (match !== undefined) {
      this.#held = "";
      pass(seen.slice(0, end - match.length));
      return match;
    }
    const keep = this.#possibleStart(seen);
    this.#held = seen.slice(keep);
    pass(seen.slice(0, keep));
    return undefined;
  }

  /** The text that was held back, when no more can come. */
  flush(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  /** Where the first suffix begins that is the beginning of a stop sequence. */
  #possibleStart(seen: string): number {
    for (let at = Math.max(0, seen.length - this.#holdUnits); at < seen.length; at++) {
      const rest = seen.slice(at);
      if (this.#stops.some((stop) => stop.startsWith(rest))) return at;
    }
    return seen.length;
  }
}
