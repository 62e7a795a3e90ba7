import { cpuOf } from "../cpu_time.ts";
import type { Ask } from "../requests.ts";
import type { Api, Stage, Subject } from "../stage.ts";
import { median } from "../statistics.ts";
import { needsPid, pidOf, type Report, type Work } from "./work.ts";

/** A kind of request, and how many of them one round sends. */
interface Kind extends Pick<Ask, "body" | "events"> {
  readonly title: string;
  readonly requests: number;
}

/** Requests at a time. */
const CONCURRENCY = 8;

const SMALL: Kind = {
  title: "small request, 100 events",
  body: "small",
  events: 100,
  requests: 800,
};
const AGENT: Kind = {
  title: "80 KB request, 100 events",
  body: "agent",
  events: 100,
  requests: 400,
};
const LONG: Kind = {
  title: "small request, 2,000 events",
  body: "small",
  events: 2000,
  requests: 100,
};

/** CPU time of the gateway for each streamed request whose events come all at once. */
export const cpuWorks: readonly Work[] = [
  cpuWork("small", { kind: SMALL, api: "chat", limit: 2.5 }),
  cpuWork("agent", { kind: AGENT, api: "chat", limit: 3.5 }),
  cpuWork("long", { kind: LONG, api: "chat", limit: 6 }),
  cpuWork("relay-small", { kind: SMALL, api: "relay", limit: 2.7 }),
  cpuWork("relay-agent", { kind: AGENT, api: "relay", limit: 2.7 }),
  cpuWork("relay-long", { kind: LONG, api: "relay", limit: 2.7 }),
];

interface Plan {
  readonly kind: Kind;
  readonly api: Api;
  /** As a ratio to the passthrough. */
  readonly limit: number;
}

function cpuWork(name: string, plan: Plan): Work {
  const title = `${plan.api === "relay" ? "relay: " : ""}${plan.kind.title}`;
  return {
    name,
    about: `CPU time of a ${title} in a burst`,
    isDefault: true,
    obstacle: needsPid,
    run: (stage, report) => measure(stage, report, { ...plan, title }),
  };
}

async function measure(
  stage: Stage,
  report: Report,
  { kind, api, limit, title }: Plan & { readonly title: string },
): Promise<void> {
  const subjects = [await stage.passthrough(), await stage.gateway()] as const;
  const requests = stage.scaled(kind.requests);
  const load = (subject: Subject) =>
    stage.loader().run("burst", {
      endpoint: subject.endpoint(api),
      ask: { ...kind, paceMs: 0 },
      requests,
      concurrency: CONCURRENCY,
    });
  // So that no round pays for compilation.
  for (const subject of subjects) await load(subject);
  const base: number[] = [];
  const own: number[] = [];
  for (let round = 0; round < stage.options.rounds; round++) {
    const [passthrough, gateway] = subjects;
    base.push(await cpuOf(pidOf(passthrough), () => load(passthrough)) / requests);
    own.push(await cpuOf(pidOf(gateway), () => load(gateway)) / requests);
  }
  report.row({
    work: title,
    unit: "ms",
    base: median(base),
    gateway: median(own),
    results: own.map((cpu, round) => cpu / (base[round] ?? NaN)),
    resultUnit: "×",
    limit,
  });
}
