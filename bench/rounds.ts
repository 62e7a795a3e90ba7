/** What was measured in each round. */
export interface Rounds<Sample> {
  readonly base: readonly Sample[];
  readonly own: readonly Sample[];
}

/**
 * Measures two things in turn, round after round, so that both see the same noise. A first round
 * of each does not count: it pays for compilation.
 */
export async function interleave<Sample>(
  rounds: number,
  base: () => Promise<Sample>,
  own: () => Promise<Sample>,
): Promise<Rounds<Sample>> {
  await base();
  await own();
  const samples: { base: Sample[]; own: Sample[] } = { base: [], own: [] };
  for (let round = 0; round < rounds; round++) {
    samples.base.push(await base());
    samples.own.push(await own());
  }
  return samples;
}

/** Combines the two samples of each round. */
export function pair<Sample>(
  { base, own }: Rounds<Sample>,
  combine: (own: Sample, base: Sample) => number,
): number[] {
  return base.flatMap((sample, round) => {
    const other = own[round];
    return other === undefined ? [] : [combine(other, sample)];
  });
}
