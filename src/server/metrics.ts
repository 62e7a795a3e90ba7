import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from "prom-client";
import type { ClientKey, Config } from "../config/config.ts";
import { VERSION } from "../version.ts";
import { mayUse } from "./auth.ts";
import type { RequestContext } from "./context.ts";
import { sumOf, type ThreadNumbers } from "./numbers.ts";
import { usableTargets } from "./pick_target.ts";
import { BUCKETS_MS, type Distribution, labelValues } from "./tally.ts";

type Metric = MetricObjectWithValues<MetricValue<string>>;
type Labels = Readonly<Record<string, string | number>>;
type Value = MetricValue<string> & { readonly metricName?: string };
type Series<Number> = Iterable<readonly [labels: string, value: Number]>;

/** States of a circuit breaker, one series each. */
const BREAKER_STATES = ["closed", "half_open", "open"] as const;

/**
 * `GET /metrics`: the sums over all threads in Prometheus' text format. A key that may use some
 * targets only is told of these, and of no other key.
 */
export async function metrics(context: RequestContext): Promise<Response> {
  const threads = await context.services.collect();
  const perThread = threads.map((numbers) => threadMetrics(numbers, context));
  const registry = AggregatorRegistry.aggregate([...perThread, serverMetrics(threads, context)]);
  return new Response(await registry.metrics(), {
    headers: { "content-type": registry.contentType },
  });
}

/** What each thread counts for itself. */
function threadMetrics(
  { tally, dropped, openRequests, openStreams }: ThreadNumbers,
  { config, key }: RequestContext,
): Metric[] {
  const shows = visibility(config, key);
  const count = (name: string, help: string, labels: readonly string[], series: Series<number>) =>
    metric(
      "counter",
      name,
      help,
      [...series].map(([joined, value]) => {
        return { labels: labelled(labels, joined), value };
      }).filter(shows),
    );
  const distribute = (
    name: string,
    help: string,
    labels: readonly string[],
    series: Series<Distribution>,
  ) =>
    metric(
      "histogram",
      name,
      help,
      [...series].flatMap(([joined, distribution]) => {
        return histogram(`switchyard_${name}`, labelled(labels, joined), distribution);
      }).filter(shows),
    );
  const tokens = [...tally.tokens].flatMap(([joined, tokens]) => {
    const labels = labelled(["target", "key"], joined);
    const kinds = {
      input: tokens.input,
      output: tokens.output,
      cache_read: tokens.cacheRead,
      cache_creation: tokens.cacheCreation,
    };
    return Object.entries(kinds).map(([kind, value]) => ({ labels: { ...labels, kind }, value }));
  });
  return [
    count(
      "requests_total",
      "Requests that were answered.",
      ["target", "endpoint", "status", "stream", "key"],
      tally.requests,
    ),
    count(
      "errors_total",
      "Requests that failed, streams that broke included, by Anthropic's type of the error; " +
        "client_gone: the client did not wait for the end.",
      ["target", "type"],
      tally.errors,
    ),
    distribute(
      "request_duration_seconds",
      "Until the last byte of an answer to /v1/messages.",
      ["target", "stream"],
      tally.durations,
    ),
    distribute(
      "first_event_seconds",
      "Until the first event of a stream.",
      ["target"],
      tally.firstEvents,
    ),
    metric(
      "counter",
      "tokens_total",
      "Tokens; input is without cached ones.",
      tokens.filter(shows),
    ),
    count("dropped_parts_total", "Parts of requests that were dropped.", ["target"], dropped),
    count(
      "retries_total",
      "Repeated tries of a target; key: at once with another of its keys, failure: after a pause.",
      ["target", "reason"],
      tally.retries,
    ),
    count(
      "fallbacks_total",
      "Requests for a target that another one was asked for instead.",
      ["target", "fallback"],
      tally.fallbacks,
    ),
    metric("gauge", "open_requests", "Requests in flight.", only(openRequests)),
    metric("gauge", "open_streams", "Streams that are being sent.", only(openStreams)),
  ];
}

/** What is true of the server as a whole. */
function serverMetrics(
  threads: readonly ThreadNumbers[],
  { config, key, services }: RequestContext,
): Metric[] {
  const { store, breakers, keyRings } = services;
  const targets = usableTargets(config, key);
  const startedAt = Math.min(...threads.map((thread) => thread.startedAt)) / 1000;
  return [
    metric("counter", "config_reloads_total", "Changed config files, by what became of them.", [
      { labels: { result: "ok" }, value: store.generation - 1 },
      { labels: { result: "refused" }, value: sumOf(threads, (one) => one.refusedReloads) },
    ]),
    metric(
      "gauge",
      "config_generation",
      "1 at the start, one more with each reload.",
      only(
        store.generation,
      ),
    ),
    metric(
      "gauge",
      "config_refused",
      "1 while the file is refused, else 0.",
      only(
        store.error === null ? 0 : 1,
      ),
    ),
    metric(
      "gauge",
      "config_loaded_timestamp_seconds",
      "When the live config was loaded.",
      only(
        store.loadedAt.getTime() / 1000,
      ),
    ),
    metric(
      "gauge",
      "breaker_state",
      "1 for the state that the target's circuit breaker is in.",
      targets.flatMap(({ name }) => {
        const now = breakers.state(name);
        return BREAKER_STATES.map((state) => {
          return { labels: { target: name, state }, value: state === now ? 1 : 0 };
        });
      }),
    ),
    metric(
      "gauge",
      "resting_keys",
      "Keys of the target that rest because the upstream refused them.",
      targets.map((target) => {
        return { labels: { target: target.name }, value: keyRings.of(target).resting() };
      }),
    ),
    metric(
      "gauge",
      "target_info",
      "What a target is.",
      targets.map((target) => {
        const { name, mode, provider } = target;
        return { labels: { target: name, api_mode: mode, provider }, value: 1 };
      }),
    ),
    metric("gauge", "build_info", "What runs.", [{ labels: buildLabels(), value: 1 }]),
    metric("gauge", "threads", "Threads that serve.", only(threads.length)),
    metric(
      "gauge",
      "uptime_seconds",
      "Since the process started.",
      only(
        Date.now() / 1000 - startedAt,
      ),
    ),
    // Named as every client library for Prometheus does.
    named("gauge", "process_start_time_seconds", "When the process started.", only(startedAt)),
    named(
      "gauge",
      "process_resident_memory_bytes",
      "Memory that the process holds.",
      only(
        Deno.memoryUsage().rss,
      ),
    ),
  ];
}

function buildLabels(): Labels {
  const { os, arch } = Deno.build;
  return { version: VERSION, deno: Deno.version.deno, os, arch };
}

/** The values of one distribution as Prometheus has them: each bucket with those below it. */
function histogram(name: string, labels: Labels, { counts, sumMs }: Distribution): Value[] {
  let count = 0;
  const buckets = counts.map((own, at) => {
    const bound = BUCKETS_MS[at];
    const le = bound === undefined ? "+Inf" : bound / 1000;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count += own };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sumMs / 1000 },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

/** True of values that the key may see, and whose target is in the file. */
function visibility(config: Config, key: ClientKey | undefined): (value: Value) => boolean {
  return ({ labels }) => {
    const { target = "", key: name } = labels;
    if (target !== "" && !config.targets.has(String(target))) return false;
    if (!key?.targets) return true;
    return mayUse(key, String(target)) && (name === undefined || name === key.name);
  };
}

function labelled(names: readonly string[], joined: string): Labels {
  const values = labelValues(joined, names.length);
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? ""]));
}

function only(value: number): Value[] {
  return [{ labels: {}, value }];
}

type Kind = "counter" | "gauge" | "histogram";

function metric(kind: Kind, name: string, help: string, values: readonly Value[]): Metric {
  return named(kind, `switchyard_${name}`, help, values);
}

function named(kind: Kind, name: string, help: string, values: readonly Value[]): Metric {
  // The library's type of a metric is its enum of numbers, but what it reads and writes is the word.
  return { name, help, type: kind, values: [...values], aggregator: "sum" } as unknown as Metric;
}
