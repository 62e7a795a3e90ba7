/** A duration as the YAML spells it: `250ms`, `10s`, `5m`, `1h`. */
export const DURATION_PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** A size as the YAML spells it: `32MiB`, `500 KB`, or a plain number of bytes. */
export const SIZE_PATTERN = /^(\d+(?:\.\d+)?) ?([KMG]i?B|B)?$/i;

/** A number of days as the YAML spells it: `90d`. */
export const DAYS_PATTERN = /^(\d{1,5})d$/;

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** Milliseconds of a duration such as `5m`, rounded; undefined if the text is none. */
export function parseDuration(text: string): number | undefined {
  return scale(DURATION_PATTERN.exec(text), MILLISECONDS, "ms");
}

/** The number of days in a text such as `90d`; undefined if the text is none. */
export function parseDays(text: string): number | undefined {
  const [, days] = DAYS_PATTERN.exec(text) ?? [];
  return days === undefined ? undefined : Number(days);
}

/** Bytes of a size such as `32MiB`, rounded; undefined if the text is none. */
export function parseSize(size: string | number): number | undefined {
  return scale(SIZE_PATTERN.exec(String(size)), BYTES, "b");
}

function scale(
  match: RegExpExecArray | null,
  units: Readonly<Record<string, number>>,
  plain: string,
): number | undefined {
  if (match === null) return undefined;
  const [, amount, unit = plain] = match;
  const factor = units[unit.toLowerCase()];
  return factor === undefined ? undefined : Math.round(Number(amount) * factor);
}
