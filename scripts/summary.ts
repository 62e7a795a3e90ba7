/** What a run of the tests came to. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(?: \| (\d+) ignored)?.* \([^()]+\)$/gm;

/**
 * Reads the counts off the output of `deno test`.
 *
 * The last summary counts, so a test that prints one changes nothing. A run that broke (a type
 * error has no summary at all, an exit code other than 0 has a reason) counts as one failure.
 */
export function readCounts(output: string, code: number): Counts {
  // deno-lint-ignore no-control-regex -- colours
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, "").replaceAll("\r\n", "\n");
  const [, passed, failed, skipped] = [...plain.matchAll(SUMMARY)].at(-1) ?? [];
  const counts = {
    passed: Number(passed ?? 0),
    failed: Number(failed ?? 0),
    skipped: Number(skipped ?? 0),
  };
  const isBroken = passed === undefined || (code !== 0 && counts.failed === 0);
  return isBroken ? { ...counts, failed: 1 } : counts;
}

/** Writes the end of every run: how many were skipped, if any, and a line `N passed, N failed`. */
export function formatCounts({ passed, failed, skipped }: Counts): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${skipped} skipped\n${line}` : line;
}
