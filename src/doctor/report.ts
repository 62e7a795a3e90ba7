import { stringify } from "yaml";
import type { Quirks } from "../profiles/schema.ts";
import type { Loss } from "../translators/losses.ts";
import { VERSION } from "../version.ts";
import type { UpstreamWords } from "./answer.ts";
import { type Result, shortened } from "./shape.ts";

/** How one shape fared. */
export interface Row {
  readonly name: string;
  readonly result: Result;
  readonly note: string;
  /** Undefined of what is no stream, or was not sent. */
  readonly firstEventMs: number | undefined;
  readonly totalMs: number | undefined;
  readonly dropped: readonly Loss[];
  readonly upstream: UpstreamWords | undefined;
  /** Names of the quirks that this shape proved. */
  readonly cure: readonly string[];
}

/** How a target fared. */
export interface Report {
  readonly target: string;
  readonly mode: string;
  readonly provider: string;
  /** The name that goes upstream. */
  readonly model: string;
  readonly rows: readonly Row[];
  /** What the profile lacks, as far as a shape proved it. */
  readonly quirks: Quirks;
  /** Those that were really sent, trials of quirks included. */
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** How many shapes had each result. */
export function countResults(rows: readonly Row[]): Readonly<Record<Result, number>> {
  const counts = { pass: 0, degraded: 0, failed: 0, skipped: 0 };
  for (const { result } of rows) counts[result]++;
  return counts;
}

/** The lines to paste below a target; undefined if its profile lacks nothing. */
export function quirksBlock(quirks: Quirks): string | undefined {
  if (Object.keys(quirks).length === 0) return undefined;
  const block = stringify({ quirks }, { collectionStyle: "any", flowCollectionPadding: false });
  return block.trimEnd().split("\n").map((line) => `    ${line}`).join("\n");
}

/** The report for machines. */
export function toJson(report: Report): string {
  const { target, mode, provider, model, rows, quirks } = report;
  const json = {
    version: VERSION,
    target,
    api_mode: mode,
    provider,
    model,
    counts: countResults(rows),
    shapes: rows.map((row) => ({
      name: row.name,
      result: row.result,
      note: row.note,
      first_event_ms: milliseconds(row.firstEventMs),
      total_ms: milliseconds(row.totalMs),
      dropped: row.dropped,
      upstream: row.upstream ?? null,
      proven_quirks: row.cure,
    })),
    quirks,
    usage: {
      requests: report.requests,
      input_tokens: report.inputTokens,
      output_tokens: report.outputTokens,
    },
  };
  return JSON.stringify(json, null, 2);
}

function milliseconds(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value);
}

const HEAD = ["shape", "result", "first", "total", "dropped", "what came"] as const;

/** The report for people, without the block of quirks. */
export function toTable({ rows }: Report): string {
  const lines: (readonly string[])[] = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) =>
    Math.max(...lines.map((cells) => (cells[column] ?? "").length))
  );
  return lines.map((cells) =>
    cells.map((cell, column) => pad(cell, column, widths[column] ?? 0)).join("  ").trimEnd()
  ).join("\n");
}

/** Times stand to the right. */
function pad(cell: string, column: number, width: number): string {
  return column === 2 || column === 3 ? cell.padStart(width) : cell.padEnd(width);
}

function cellsOf({ name, result, note, dropped, cure, ...times }: Row): readonly string[] {
  const cured = cure.length > 0 ? ` (see quirks: ${cure.join(", ")})` : "";
  const lost = dropped.map(({ path }) => path).join(",");
  return [
    name,
    result,
    duration(times.firstEventMs),
    duration(times.totalMs),
    shortened(lost),
    note + cured,
  ].map(printable);
}

function duration(value: number | undefined): string {
  const rounded = milliseconds(value);
  return rounded === null ? "-" : `${rounded} ms`;
}

/** What an upstream says must not steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}
