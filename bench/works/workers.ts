import { interleave, pair } from "../rounds.ts";
import type { OwnSubject, Stage } from "../stage.ts";
import { median } from "../statistics.ts";
import { needsOwnGateway, type Report, type Work } from "./work.ts";

const REQUESTS = 1_500;
const CONCURRENCY = 16;
/** One process may not be able to load two cores. */
const LOADERS = 2;

/** What a second server thread brings. */
export const workers: Work = {
  name: "workers",
  about: "requests a second with one and with two workers; needs free cores beside the load",
  isDefault: false,
  obstacle: needsOwnGateway,
  run: measure,
};

async function measure(stage: Stage, report: Report): Promise<void> {
  const one = await stage.startGateway("listen: { workers: 1 }\n");
  const two = await stage.startGateway("listen: { workers: 2 }\n");
  try {
    const rounds = await interleave(
      stage.options.rounds,
      () => requestsASecond(stage, one),
      () => requestsASecond(stage, two),
    );
    report.row({
      work: "requests a second: 1 worker (left) and 2",
      unit: "/s",
      base: median(rounds.base),
      gateway: median(rounds.own),
      results: pair(rounds, (own, base) => own / base),
      resultUnit: "×",
      limit: 1.7,
      isFloor: true,
    });
    report.note(`workers: this machine has ${navigator.hardwareConcurrency} cores`);
  } finally {
    await one.stop();
    await two.stop();
  }
}

async function requestsASecond(stage: Stage, subject: OwnSubject): Promise<number> {
  const requests = stage.scaled(REQUESTS / LOADERS);
  const start = performance.now();
  await Promise.all(
    Array.from({ length: LOADERS }, (_, number) =>
      stage.loader(number).run("burst", {
        endpoint: subject.endpoint("chat"),
        ask: { body: "small", events: 100, paceMs: 0 },
        requests,
        concurrency: CONCURRENCY,
      })),
  );
  return requests * LOADERS / ((performance.now() - start) / 1000);
}
