import { rssKib } from "../processes.ts";
import type { Stage } from "../stage.ts";
import { needsPid, pidOf, type Report, type Work } from "./work.ts";

const SLICES = 10;
const CONCURRENCY = 8;

/** Whether memory grows with the number of requests. */
export const memory: Work = {
  name: "memory",
  about: "RSS ten times along --requests streamed requests of 100 events",
  isDefault: false,
  obstacle: needsPid,
  run: measure,
};

async function measure(stage: Stage, report: Report): Promise<void> {
  const gateway = await stage.gateway();
  const pid = pidOf(gateway);
  const slice = Math.ceil(stage.scaled(stage.options.requests) / SLICES);
  const readings = [rssKib(pid) / 1024];
  report.note(`memory: ${readings[0]?.toFixed(1)} MB before the first request`);
  for (let at = 1; at <= SLICES; at++) {
    await stage.loader().run("burst", {
      endpoint: gateway.endpoint("chat"),
      ask: { body: "small", events: 100, paceMs: 0 },
      requests: slice,
      concurrency: CONCURRENCY,
    });
    readings.push(rssKib(pid) / 1024);
    report.note(`memory: ${readings[at]?.toFixed(1)} MB after ${at * slice} requests`);
  }
  const [settled, last] = [readings[1] ?? NaN, readings.at(-1) ?? NaN];
  report.row({
    work: `RSS after ${slice} and after ${SLICES * slice} requests`,
    unit: "MB",
    base: settled,
    gateway: last,
    results: [last - settled],
    resultUnit: "MB more",
  });
}
