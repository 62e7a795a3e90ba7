import { interleave, pair } from "../rounds.ts";
import type { Stage, Subject } from "../stage.ts";
import { median } from "../statistics.ts";
import type { Report, Work } from "./work.ts";

const REQUESTS = 300;

/** Time until the first event, with nothing else to do. */
export const firstEvent: Work = {
  name: "first-event",
  about: "time from a request to its first event, one connection, p50",
  isDefault: true,
  run: measure,
};

async function measure(stage: Stage, report: Report): Promise<void> {
  const [passthrough, gateway] = [await stage.passthrough(), await stage.gateway()];
  const sample = async (subject: Subject): Promise<number> => {
    const { medianMs } = await stage.loader().run("firstEvent", {
      endpoint: subject.endpoint("chat"),
      // The rest of the answer comes after the clock was stopped.
      ask: { body: "small", events: 2, paceMs: 1 },
      requests: stage.scaled(REQUESTS),
    });
    return medianMs;
  };
  const rounds = await interleave(
    stage.options.rounds,
    () => sample(passthrough),
    () => sample(gateway),
  );
  report.row({
    work: "first event, one connection, p50",
    unit: "ms",
    base: median(rounds.base),
    gateway: median(rounds.own),
    results: pair(rounds, (own, base) => own - base),
    resultUnit: "ms more",
    limit: 0.6,
  });
}
