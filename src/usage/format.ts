import type { Report, Sums } from "./report.ts";

/** A column of figures: its name for programs, its name for people. */
interface Column {
  readonly name: string;
  readonly title: string;
  readonly value: (sums: Readonly<Sums>) => number | undefined;
  readonly text?: (value: number) => string;
}

const COLUMNS: readonly Column[] = [
  { name: "requests", title: "requests", value: ({ requests }) => requests },
  { name: "failed", title: "failed", value: ({ failed }) => failed },
  { name: "input_tokens", title: "input", value: ({ input_tokens }) => input_tokens },
  { name: "output_tokens", title: "output", value: ({ output_tokens }) => output_tokens },
  { name: "cache_read_tokens", title: "cache read", value: (sums) => sums.cache_read_tokens },
  {
    name: "cache_creation_tokens",
    title: "cache write",
    value: (sums) => sums.cache_creation_tokens,
  },
  { name: "cost_usd", title: "cost", value: costOf, text: dollars },
];

/** Undefined where not one request has a price. */
function costOf({ cost, unpriced, requests }: Readonly<Sums>): number | undefined {
  // Sums of binary fractions end in noise, which is below a millionth of a token's price.
  return unpriced > 0 && unpriced === requests ? undefined : Number(cost.toFixed(8));
}

/** A table for people, with the sums of all rows below. */
export function toTable({ by, rows, total }: Report): string {
  const figures = (sums: Readonly<Sums>) =>
    COLUMNS.map(({ value, text = withCommas }) => {
      const figure = value(sums);
      return figure === undefined ? "-" : text(figure);
    });
  const names = (all: readonly string[]) => all.map((name) => printable(name) || "-");
  const lines = [
    [...by, ...COLUMNS.map(({ title }) => title)],
    ...rows.map((row) => [...names(row.names), ...figures(row.sums)]),
    [...by.map((_, at) => at === 0 ? "total" : ""), ...figures(total)],
  ];
  const widths = lines[0]?.map((_, at) =>
    Math.max(...lines.map((cells) => cells[at]?.length ?? 0))
  );
  const align = (cell: string, at: number) => {
    const width = widths?.[at] ?? 0;
    return at < by.length ? cell.padEnd(width) : cell.padStart(width);
  };
  return lines.map((cells) => cells.map(align).join("  ").trimEnd()).join("\n");
}

/** The same for programs; a cost that is not known is null. */
export function toJson(
  { by, rows, total }: Report,
  about: Readonly<Record<string, unknown>>,
): string {
  const figures = (sums: Readonly<Sums>) => ({
    ...Object.fromEntries(COLUMNS.map(({ name, value }) => [name, value(sums) ?? null])),
    unpriced_requests: sums.unpriced,
  });
  return JSON.stringify(
    {
      ...about,
      rows: rows.map(({ names, sums }) => ({
        ...Object.fromEntries(by.map((grouping, at) => [grouping, names[at] || null])),
        ...figures(sums),
      })),
      total: figures(total),
    },
    null,
    2,
  );
}

/** A head and one line a row (RFC 4180), without the sums of all; a cost not known is empty. */
export function toCsv({ by, rows }: Report): string {
  const head = [...by, ...COLUMNS.map(({ name }) => name), "unpriced_requests"];
  const lines = rows.map(({ names, sums }) => [
    ...names.map(harmless),
    ...COLUMNS.map(({ value }) => String(value(sums) ?? "")),
    String(sums.unpriced),
  ]);
  return [head, ...lines].map((cells) => cells.map(quoted).join(",") + "\r\n").join("");
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Clients name models, and a spreadsheet would calculate what begins like a formula. */
function harmless(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
}

/** What a client named must not steer the terminal. */
function printable(name: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what it is about
  return name.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "\ufffd");
}

function dollars(value: number): string {
  return value > 0 && value < 0.01 ? "<$0.01" : `$${withCommas(value, 2)}`;
}

function withCommas(value: number, digits = 0): string {
  const [whole = "", fraction] = value.toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
