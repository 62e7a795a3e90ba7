import { cpuMsBetween, readCpu } from "../cpu_time.ts";
import type { Results } from "../loader_client.ts";
import { pause } from "../processes.ts";
import { interleave, pair } from "../rounds.ts";
import type { Api, Stage, Subject } from "../stage.ts";
import { median } from "../statistics.ts";
import { needsPid, pidOf, type Report, type Work } from "./work.ts";

const STREAMS = 200;
const PACE_MS = 20;
/** More than are sent in a round. */
const EVENTS = 1_000_000;
const SETTLE_MS = 500;
const WINDOW_MS = 2_000;

/** CPU time and delay of single events on many slow streams. */
export const pacedWorks: readonly Work[] = [
  pacedWork("paced", { api: "chat", title: `${STREAMS} streams`, limit: 2.5 }),
  pacedWork("relay-paced", { api: "relay", title: `relay: ${STREAMS} streams`, limit: 2.7 }),
];

interface Plan {
  readonly api: Api;
  readonly title: string;
  /** CPU time of an event, as a ratio to the passthrough. */
  readonly limit: number;
}

/** One round of one subject; CPU time in milliseconds an event. */
type Sample = Results["count"] & { readonly cpuMs: number };

function pacedWork(name: string, plan: Plan): Work {
  return {
    name,
    about: `${plan.title}, an event every ${PACE_MS} ms: CPU time and added delay of an event`,
    isDefault: true,
    obstacle: needsPid,
    run: (stage, report) => measure(stage, report, plan),
  };
}

async function measure(stage: Stage, report: Report, { api, title, limit }: Plan): Promise<void> {
  const [passthrough, gateway] = [await stage.passthrough(), await stage.gateway()];
  const rounds = await interleave(
    stage.options.rounds,
    () => sample(stage, passthrough, api),
    () => sample(stage, gateway, api),
  );
  report.row({
    work: `${title}: CPU of an event`,
    unit: "µs",
    base: median(rounds.base.map(({ cpuMs }) => cpuMs * 1000)),
    gateway: median(rounds.own.map(({ cpuMs }) => cpuMs * 1000)),
    results: pair(rounds, (own, base) => own.cpuMs / base.cpuMs),
    resultUnit: "×",
    limit,
  });
  const delay = (name: "p50" | "p99", delayLimit?: number): void =>
    report.row({
      work: `${title}: delay of an event, ${name}`,
      unit: "ms",
      base: median(rounds.base.map((sample) => sample[`${name}Ms`])),
      gateway: median(rounds.own.map((sample) => sample[`${name}Ms`])),
      results: pair(rounds, (own, base) => own[`${name}Ms`] - base[`${name}Ms`]),
      resultUnit: "ms more",
      limit: delayLimit,
    });
  delay("p50");
  delay("p99", 5);
}

async function sample(stage: Stage, subject: Subject, api: Api): Promise<Sample> {
  const loader = stage.loader();
  await loader.run("hold", {
    endpoint: subject.endpoint(api),
    ask: { body: "small", events: EVENTS, paceMs: PACE_MS },
    streams: stage.scaled(STREAMS),
  });
  await pause(stage.scaled(SETTLE_MS));
  const pid = pidOf(subject);
  const before = readCpu(pid);
  const counted = await loader.run("count", { forMs: stage.scaled(WINDOW_MS) });
  const cpuMs = cpuMsBetween(before, readCpu(pid));
  await loader.run("release", {});
  return { ...counted, cpuMs: cpuMs / counted.events };
}
