import { spreadOf } from "./statistics.ts";

/** One line of the result. */
export interface Row {
  readonly work: string;
  /** Unit of the two figures, such as `ms`. */
  readonly unit: string;
  /** What the gateway is compared to, mostly the passthrough; undefined if nothing is. */
  readonly base: number | undefined;
  readonly gateway: number;
  /** What counts, one of each round: a ratio, or something added. */
  readonly results: readonly number[];
  /** `×` for ratios. */
  readonly resultUnit: string;
  /** The most that the median may be; undefined if there is no target. */
  readonly limit?: number | undefined;
  /** True if the limit is the least, not the most. */
  readonly isFloor?: boolean;
}

const COLUMNS = ["work", "passthrough", "gateway", "median (lowest to highest)", "target"] as const;
const WIDTHS = [44, 13, 13, 28, 16] as const;

/** The head of the table: two lines. */
export function formatHead(): string {
  return `${join(COLUMNS)}\n${WIDTHS.map((width) => "─".repeat(width - 1)).join(" ")}`;
}

/** One line of the table. */
export function formatRow(row: Row): string {
  const { median, low, high } = spreadOf(row.results);
  const { work, unit, base, gateway, resultUnit, limit } = row;
  const spread = row.results.length < 2 ? "" : ` (${figure(low)} to ${figure(high)})`;
  return join([
    work,
    base === undefined ? "" : withUnit(base, unit),
    withUnit(gateway, unit),
    withUnit(median, resultUnit) + spread,
    limit === undefined ? "" : `${withUnit(limit, resultUnit)} ${isMet(row) ? "met" : "missed"}`,
  ]);
}

/** The line as data: what `--json` prints. */
export function describeRow(row: Row): Readonly<Record<string, unknown>> {
  const { results, ...rest } = row;
  return { ...rest, ...spreadOf(results), met: isMet(row) };
}

/** Whether the median keeps to the limit; undefined without one. */
function isMet({ results, limit, isFloor = false }: Row): boolean | undefined {
  if (limit === undefined) return undefined;
  const { median } = spreadOf(results);
  return isFloor ? median >= limit : median <= limit;
}

function withUnit(value: number, unit: string): string {
  return `${figure(value)} ${unit}`;
}

/** Three digits that count, and no more than two behind the point. */
function figure(value: number): string {
  const size = Math.abs(value);
  if (size < 0.1 && size > 0) return value.toFixed(3);
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
}

function join(cells: readonly string[]): string {
  return cells.map((cell, at) => cell.padEnd(WIDTHS[at] ?? 0)).join("").trimEnd();
}
