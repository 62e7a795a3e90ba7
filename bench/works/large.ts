import { cpuOf } from "../cpu_time.ts";
import { type Ask, requestBody } from "../requests.ts";
import { interleave, pair } from "../rounds.ts";
import type { Stage, Subject } from "../stage.ts";
import { median } from "../statistics.ts";
import { needsPid, pidOf, type Report, type Work } from "./work.ts";

const ASK: Ask = { body: "large", events: 100, paceMs: 0 };
const REQUESTS = 8;
const AT_ONCE = 8;
const POLL_MS = 2;

/** A conversation of 5 MB: what it costs, and how long everybody else waits. */
export const large: Work = {
  name: "large",
  about: "5 MB request: CPU time next to JSON.parse and JSON.stringify; stall with 8 at once",
  isDefault: true,
  obstacle: needsPid,
  run: measure,
};

async function measure(stage: Stage, report: Report): Promise<void> {
  const [passthrough, gateway] = [await stage.passthrough(), await stage.gateway()];
  await measureCpu(stage, report, gateway);
  const waits = await interleave(
    stage.options.rounds,
    () => longestWait(stage, passthrough),
    () => longestWait(stage, gateway),
  );
  report.row({
    work: `${AT_ONCE} of them at once: longest /healthz`,
    unit: "ms",
    base: median(waits.base),
    gateway: median(waits.own),
    results: waits.own,
    resultUnit: "ms",
    limit: 50,
  });
}

async function measureCpu(stage: Stage, report: Report, gateway: Subject): Promise<void> {
  const loader = stage.loader();
  const requests = stage.scaled(REQUESTS);
  const endpoint = gateway.endpoint("chat");
  const json = (times: number): Promise<number> =>
    cpuOf(loader.pid, () => loader.run("json", { ask: ASK, times }));
  const rounds = await interleave(
    stage.options.rounds,
    // The load makes the request anew for each order; that is taken off.
    async () => (await json(requests + 1) - await json(1)) / requests,
    () =>
      cpuOf(
        pidOf(gateway),
        () => loader.run("burst", { endpoint, ask: ASK, requests, concurrency: 1 }),
      ).then((cpuMs) => cpuMs / requests),
  );
  const megabytes = new TextEncoder().encode(requestBody(ASK)).length / 1e6;
  report.row({
    work: `${megabytes.toFixed(1)} MB request (left: parse + stringify)`,
    unit: "ms",
    base: median(rounds.base),
    gateway: median(rounds.own),
    results: pair(rounds, (own, base) => own / base),
    resultUnit: "×",
    limit: 3,
  });
}

/** The longest time that a small request took, while large ones were on their way. */
async function longestWait(stage: Stage, subject: Subject): Promise<number> {
  const poller = stage.loader(1);
  await poller.run("poll", { endpoint: subject.health, everyMs: POLL_MS });
  await stage.loader().run("burst", {
    endpoint: subject.endpoint("chat"),
    ask: ASK,
    requests: AT_ONCE,
    concurrency: AT_ONCE,
  });
  return (await poller.run("pollEnd", {})).longestMs;
}
