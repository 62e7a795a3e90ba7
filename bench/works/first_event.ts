import { interleave, pair } from "../rounds.ts";
import type { Results } from "../loader_client.ts";
import type { Stage, Subject } from "../stage.ts";
import { median } from "../statistics.ts";
import type { Report, Work } from "./work.ts";

const REQUESTS = 150;

/** Time until the first event, with nothing else to do. */
export const firstEvent: Work = {
  name: "first-event",
  about: "time from a request to its first event and to its end, one connection, p50",
  isDefault: true,
  run: measure,
};

async function measure(stage: Stage, report: Report): Promise<void> {
  const [passthrough, gateway] = [await stage.passthrough(), await stage.gateway()];
  const sample = (subject: Subject): Promise<Results["firstEvent"]> =>
    stage.loader().run("firstEvent", {
      endpoint: subject.endpoint("chat"),
      // The rest of the answer comes after the clock was stopped.
      ask: { body: "small", events: 2, paceMs: 1 },
      requests: stage.scaled(REQUESTS),
    });
  const rounds = await interleave(
    stage.options.rounds,
    () => sample(passthrough),
    () => sample(gateway),
  );
  const row = (work: string, of: (sample: Results["firstEvent"]) => number, limit?: number) =>
    report.row({
      work: `${work}, one connection, p50`,
      unit: "ms",
      base: median(rounds.base.map(of)),
      gateway: median(rounds.own.map(of)),
      results: pair(rounds, (own, base) => of(own) - of(base)),
      resultUnit: "ms more",
      limit,
    });
  row("first event", ({ firstMs }) => firstMs, 0.6);
  row("end of the answer", ({ endMs }) => endMs);
}
