/** A day of the local time zone, as `2026-11-22`. */
export function localDay(time: number): string {
  const date = new Date(time);
  const month = String(date.getMonth() + 1).padStart(2, "0");
  return `${date.getFullYear()}-${month}-${String(date.getDate()).padStart(2, "0")}`;
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000 };

/** What somebody may write for a moment. */
export const MOMENT_HINT = "a number of days, hours or minutes such as 7d, 24h or 30m, " +
  "a day such as 2026-11-22, or a time such as 2026-11-22T08:00";

/**
 * The first moment that `--since` means, in milliseconds since 1970; undefined if it means none.
 *
 * Days are those of the local time zone: `1d` is today, `7d` today and the six days before.
 */
export function parseSince(text: string, now: number): number | undefined {
  const [, count, unit = ""] = /^(\d{1,6})([dhm])$/.exec(text) ?? [];
  if (count === undefined) return startOfDay(text) ?? timeOf(text);
  if (unit !== "d") return now - Number(count) * (UNITS_MS[unit] ?? 0);
  const today = new Date(now);
  // Counted in days, because not all of them have 24 hours.
  const since = new Date(
    today.getFullYear(),
    today.getMonth(),
    today.getDate() + 1 - Number(count),
  );
  return Number.isNaN(since.getTime()) ? undefined : since.getTime();
}

/** The moment up to which `--until` means; a day is included. Undefined if it means none. */
export function parseUntil(text: string, now: number): number | undefined {
  const [, count, unit = ""] = /^(\d{1,6})([hm])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (UNITS_MS[unit] ?? 0);
  return startOfDay(text, 1) ?? timeOf(text);
}

/** When a local day begins, or a later one. */
function startOfDay(text: string, later = 0): number | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  const first = new Date(Number(year), Number(month) - 1, Number(day));
  // The 30th of February is no day.
  if (localDay(first.getTime()) !== text) return undefined;
  return new Date(Number(year), Number(month) - 1, Number(day) + later).getTime();
}

function timeOf(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/.test(text)) {
    return undefined;
  }
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
