/** The middle and the ends of some numbers. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Describes numbers by median, lowest and highest; NaN for none. */
export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((one, other) => one - other);
  return {
    median: percentile(sorted, 0.5),
    low: sorted[0] ?? NaN,
    high: sorted.at(-1) ?? NaN,
  };
}

/** The median; NaN for no numbers. */
export function median(numbers: readonly number[]): number {
  return spreadOf(numbers).median;
}

/** The value below which the share of sorted numbers lies, between two of them by interpolation. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}
