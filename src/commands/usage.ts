import { readUsageSettingsFile } from "../config/files.ts";
import { findConfigFile } from "../config/find.ts";
import { resolveUsage, type UsageSettings } from "../config/usage_settings.ts";
import { formatProblem } from "../errors.ts";
import { PriceList } from "../usage/cost.ts";
import { MOMENT_HINT, parseSince, parseUntil } from "../usage/days.ts";
import { likelyDirectories, listFiles } from "../usage/files.ts";
import { toCsv, toJson, toTable } from "../usage/format.ts";
import { type Period, readEntries, type ReadingNotes } from "../usage/read.ts";
import { type Grouping, type Report, ReportBuilder } from "../usage/report.ts";
import { countOf } from "./config_file.ts";
import type { CommandIo } from "./io.ts";

/** Options of `switchyard usage`. */
export interface UsageOptions {
  readonly config?: string | undefined;
  readonly path?: string | undefined;
  readonly since: string;
  readonly until?: string | undefined;
  readonly by: readonly Grouping[];
  readonly json?: boolean | undefined;
  readonly csv?: boolean | undefined;
  /** Milliseconds since 1970; replaced in tests. */
  readonly now?: number;
}

/** Prints what requests used, by day, target, key or model; the exit code. */
export async function usage(options: UsageOptions, io: CommandIo): Promise<number> {
  const period = periodOf(options);
  if (typeof period === "string") {
    io.err(period);
    return 2;
  }
  const settings = readSettings(options.config, io);
  if (settings === undefined) return 1;
  const places = [options.path ?? settings.usage.path ?? likelyDirectories()].flat();
  const directory = await firstWithFiles(places);
  if (directory === undefined) {
    io.err(nothingKept(places, settings));
    return 1;
  }
  const builder = new ReportBuilder(options.by, new PriceList(settings.prices));
  const notes = await readEntries(directory, period, builder.add);
  const report = builder.report();
  io.out(print(report, { options, period, directory }));
  tellNotes(report, notes, io);
  return 0;
}

/** The time that is asked for, or what is wrong with it. */
function periodOf({ since, until, now = Date.now() }: UsageOptions): Period | string {
  const from = parseSince(since, now);
  if (from === undefined) return `switchyard usage: --since '${since}' must be ${MOMENT_HINT}`;
  const to = until === undefined ? Infinity : parseUntil(until, now);
  if (to === undefined) return `switchyard usage: --until '${until}' must be ${MOMENT_HINT}`;
  return from < to ? { from, to } : "switchyard usage: --until must be later than --since";
}

/** Without a config file there are no prices, but there may be usage. */
function readSettings(option: string | undefined, io: CommandIo): UsageSettings | undefined {
  const { file } = findConfigFile(option);
  if (file === undefined) return { usage: resolveUsage(undefined), prices: [] };
  const { settings, problems } = readUsageSettingsFile(file);
  for (const problem of problems) io.err(formatProblem(file, problem));
  return settings;
}

async function firstWithFiles(places: readonly string[]): Promise<string | undefined> {
  for (const [at, place] of places.entries()) {
    try {
      if ((await listFiles(place)).length > 0) return place;
    } catch (error) {
      // The last one that may be it has to be readable.
      if (at === places.length - 1) throw error;
    }
  }
  return undefined;
}

function nothingKept(places: readonly string[], { usage }: UsageSettings): string {
  const looked = places.map((place) => `  ${place}`).join("\n");
  const hint = usage.enabled
    ? "A server writes it within a second of its first request; if it runs as another user, name " +
      "its directory with '--path'."
    : "'usage.enabled' is false, so none is kept.";
  return `No usage found. Looked in:\n${looked}\n${hint}`;
}

function print(
  report: Report,
  { options, period: { from, to }, directory }: {
    readonly options: UsageOptions;
    readonly period: Period;
    readonly directory: string;
  },
): string {
  if (options.csv) return toCsv(report);
  if (!options.json) return toTable(report);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return toJson(report, {
    since: new Date(from).toISOString(),
    until: to === Infinity ? null : new Date(to).toISOString(),
    time_zone: timeZone,
    directory,
  });
}

/** What the figures do not say. */
function tellNotes({ total }: Report, { damaged }: Readonly<ReadingNotes>, io: CommandIo): void {
  if (total.unpriced > 0) {
    const requests = countOf(total.unpriced, "request");
    io.err(`${requests} without a price, whose cost is in no sum; see 'prices' in docs/usage.md`);
  }
  if (damaged > 0) io.err(`${countOf(damaged, "damaged line")} skipped`);
}
