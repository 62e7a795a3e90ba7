import type { PriceList } from "./cost.ts";
import { type ReadEntry, TOKEN_KINDS, type TokenKind } from "./entry.ts";
import { localDay } from "./days.ts";

/** What a report can be broken down by. */
const GROUPINGS = ["day", "target", "key", "model"] as const;

/** One of them. */
export type Grouping = (typeof GROUPINGS)[number];

/** Sums over requests. */
export interface Sums extends Record<TokenKind, number> {
  requests: number;
  /** Requests that ended in an error. */
  failed: number;
  /** USD, of the requests whose price is known. */
  cost: number;
  /** Requests whose price is not known; their cost is in no sum. */
  unpriced: number;
}

/** One line of a report. */
export interface ReportRow {
  /** What the line is about, in the order of the groupings; empty where nothing is known. */
  readonly names: readonly string[];
  readonly sums: Readonly<Sums>;
}

/** A whole report. */
export interface Report {
  readonly by: readonly Grouping[];
  /** In the order of their names. */
  readonly rows: readonly ReportRow[];
  readonly total: Readonly<Sums>;
}

const NAMES: Readonly<Record<Grouping, (entry: ReadEntry) => string>> = {
  day: ({ endedAt }) => localDay(endedAt),
  target: ({ target }) => target,
  key: ({ key }) => key,
  model: ({ model }) => model,
};

/** Sums entries up, one after the other; holds the sums alone. */
export class ReportBuilder {
  readonly #by: readonly Grouping[];
  readonly #prices: PriceList;
  readonly #rows = new Map<string, { readonly names: readonly string[]; readonly sums: Sums }>();
  readonly #total = noSums();

  constructor(by: readonly Grouping[], prices: PriceList) {
    this.#by = by;
    this.#prices = prices;
  }

  /** Adds one request. */
  readonly add = (entry: ReadEntry): void => {
    const names = this.#by.map((grouping) => NAMES[grouping](entry));
    const id = names.join("\0");
    let row = this.#rows.get(id);
    if (row === undefined) this.#rows.set(id, row = { names, sums: noSums() });
    const cost = this.#prices.costOf(entry.model, entry);
    addTo(row.sums, entry, cost);
    addTo(this.#total, entry, cost);
  };

  /** What was added so far. */
  report(): Report {
    const rows = [...this.#rows].sort(([one], [other]) => one < other ? -1 : 1);
    return { by: this.#by, rows: rows.map(([, row]) => row), total: this.#total };
  }
}

function noSums(): Sums {
  return {
    requests: 0,
    failed: 0,
    input_tokens: 0,
    output_tokens: 0,
    cache_read_tokens: 0,
    cache_creation_tokens: 0,
    cost: 0,
    unpriced: 0,
  };
}

function addTo(sums: Sums, entry: ReadEntry, cost: number | undefined): void {
  sums.requests++;
  if (entry.failed) sums.failed++;
  for (const kind of TOKEN_KINDS) sums[kind] += entry[kind];
  if (cost === undefined) sums.unpriced++;
  else sums.cost += cost;
}
