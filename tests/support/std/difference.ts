const MAX_CELLS = 4_000_000;
const CONTEXT_LINES = 3;

/** Writes a value out in full, with its keys sorted. */
export function format(value: unknown): string {
  return Deno.inspect(value, {
    colors: false,
    compact: false,
    depth: Infinity,
    iterableLimit: Infinity,
    sorted: true,
    strAbbreviateSize: Infinity,
    trailingComma: true,
  });
}

/** Tells how two values differ, line by line: `-` what is only in the actual, `+` in the expected. */
export function describeDifference(actual: unknown, expected: unknown): string {
  const lines = compareLines(linesOf(actual), linesOf(expected));
  return ["", "    [Diff] - Actual / + Expected", "", ...shorten(lines), ""]
    .join("\n");
}

function linesOf(value: unknown): string[] {
  const text = typeof value === "string" && value.includes("\n") ? value : format(value);
  return text.split("\n");
}

/** Longest common subsequence of lines; what is too long for the table is shown side by side. */
function compareLines(actual: string[], expected: string[]): string[] {
  let start = 0;
  while (
    start < actual.length && start < expected.length &&
    actual[start] === expected[start]
  ) {
    start++;
  }
  const head = actual.slice(0, start).map(same);
  const [a, b] = [actual.slice(start), expected.slice(start)];
  if (a.length * b.length > MAX_CELLS) {
    return [...head, ...a.map(removed), ...b.map(added)];
  }
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => table[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i * width + j] = a[i] === b[j]
        ? at(i + 1, j + 1) + 1
        : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines = head;
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(same(a[i++] ?? ""));
      j++;
    } else if (
      i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))
    ) {
      lines.push(removed(a[i++] ?? ""));
    } else {
      lines.push(added(b[j++] ?? ""));
    }
  }
  return lines;
}

/** Leaves out the lines that are far from any difference. */
function shorten(lines: string[]): string[] {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1)
      .some((line) => !line.startsWith("    "))
  );
  return lines.flatMap((line, index) => {
    if (near[index]) return [line];
    return index === 0 || near[index - 1] ? ["    …"] : [];
  });
}

function same(line: string): string {
  return `    ${line}`;
}

function removed(line: string): string {
  return `-   ${line}`;
}

function added(line: string): string {
  return `+   ${line}`;
}
