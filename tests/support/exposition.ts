import { assert, assertEquals } from "@std/assert";

/** One line of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A scrape, parsed. */
export interface Exposition {
  /** Types by the names of metrics. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The value of the one sample with that name and those labels among others; undefined if none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
  /** The sum of all samples with that name and those labels among others. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (-?[\d.]+(?:e[+-]?\d+)?|\+Inf|-Inf|NaN)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/gy;
const ESCAPES: Readonly<Record<string, string>> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };

/**
 * Reads Prometheus' text format (0.0.4) strictly: each sample belongs to a metric with help and type,
 * no series comes twice, and buckets of histograms add up.
 *
 * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/}
 */
export function parseExposition(text: string): Exposition {
  assert(text.endsWith("\n"), "the last line has an end");
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const line of text.split("\n")) {
    const [, what, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (what === "HELP") helps.add(name ?? "");
    else if (what === "TYPE") types.set(name ?? "", rest ?? "");
    else if (line !== "") {
      const sample = parseSample(line);
      const family = sample.name.replace(/_(bucket|sum|count)$/, "");
      const owner = types.get(family) === "histogram" ? family : sample.name;
      assert(types.has(owner) && helps.has(owner), `no type or help before: ${line}`);
      const series = JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()]);
      assert(!seen.has(series), `twice: ${line}`);
      seen.add(series);
      samples.push(sample);
    }
  }
  const find = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    samples.filter((sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
    );
  assertBuckets(types, samples);
  return {
    types,
    samples,
    value(name, labels) {
      const found = find(name, labels);
      assert(found.length <= 1, `${found.length} samples of ${name} ${JSON.stringify(labels)}`);
      return found[0]?.value;
    },
    sum: (name, labels) => find(name, labels).reduce((sum, { value }) => sum + value, 0),
  };
}

function parseSample(line: string): Sample {
  const [, name, inner = "", value] = SAMPLE.exec(line) ?? [];
  assert(name !== undefined && value !== undefined, `no sample: ${line}`);
  const labels: Record<string, string> = {};
  let length = 0;
  for (const [whole, label = "", text = ""] of inner.matchAll(LABEL)) {
    labels[label] = text.replace(/\\./g, (escape) => ESCAPES[escape] ?? escape);
    length += whole.length;
  }
  assertEquals(length, inner.length, `labels of: ${line}`);
  return { name, labels, value: Number(value.replace("Inf", "Infinity")) };
}

function assertBuckets(types: ReadonlyMap<string, string>, samples: readonly Sample[]): void {
  for (const { name, labels, value } of samples) {
    const family = name.replace(/_count$/, "");
    if (types.get(family) !== "histogram" || !name.endsWith("_count")) continue;
    const buckets = samples.filter((sample) =>
      sample.name === `${family}_bucket` &&
      Object.entries(labels).every(([label, text]) => sample.labels[label] === text)
    );
    const bounds = buckets.map((bucket) => Number(bucket.labels.le?.replace("Inf", "Infinity")));
    assertEquals(bounds, bounds.toSorted((one, other) => one - other), `${name}: bounds`);
    const counts = buckets.map((bucket) => bucket.value);
    assertEquals(counts, counts.toSorted((one, other) => one - other), `${name}: counts`);
    assertEquals([bounds.at(-1), counts.at(-1)], [Infinity, value], `${name}: all`);
  }
}
