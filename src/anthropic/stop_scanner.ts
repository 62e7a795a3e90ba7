/** Finds stop sequences in streamed text, holding back only what could still become one. */
export class StopScanner {
  readonly #stops: readonly string[];
  readonly #holdUnits: number;
  #held = "";

  /** Every stop sequence has at least one character. */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
    this.#holdUnits = Math.max(...stops.map((stop) => stop.length)) - 1;
  }

  /**
   * Takes text and passes on what is certainly before any stop sequence.
   *
   * Returns the stop sequence that ends the text, the earliest and then the longest one; nothing
   * of it or behind it is passed on.
   */
  push(text: string, pass: (clear: string) => void): string | undefined {
    const seen = this.#held + text;
    let at = -1;
    let match: string | undefined;
    for (const stop of this.#stops) {
      const found = seen.indexOf(stop);
      if (found < 0) continue;
      if (at < 0 || found < at || (found === at && stop.length > (match?.length ?? 0))) {
        at = found;
        match = stop;
      }
    }
    if (match !== undefined) {
      this.#held = "";
      pass(seen.slice(0, at));
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
