import { cpuOf } from "../cpu_time.ts";
import type { Ask } from "../requests.ts";
import { interleave, pair } from "../rounds.ts";
import type { Api, Stage, Subject } from "../stage.ts";
import { median } from "../statistics.ts";
import { needsPid, pidOf, type Report, type Work } from "./work.ts";

/** A kind of request, and how many of them one round sends. */
interface Kind extends Omit<Ask, "paceMs"> {
  readonly title: string;
  readonly requests: number;
}

/** Requests at a time. */
const CONCURRENCY = 8;

const SMALL: Kind = {
  title: "small request, 100 events",
  body: "small",
  events: 100,
  requests: 400,
};
const AGENT: Kind = {
  title: "80 KB request, 100 events",
  body: "agent",
  events: 100,
  requests: 250,
};
const LONG: Kind = {
  title: "small request, 2,000 events",
  body: "small",
  events: 2000,
  requests: 60,
};

/** CPU time of the gateway for each streamed request whose events come all at once. */
export const cpuWorks: readonly Work[] = [
  cpuWork("small", { kind: SMALL, api: "chat", limit: 2.5 }),
  cpuWork("agent", { kind: AGENT, api: "chat", limit: 3.5 }),
  cpuWork("long", { kind: LONG, api: "chat", limit: 6 }),
  cpuWork("relay-small", { kind: SMALL, api: "relay", limit: 2.7 }),
  cpuWork("relay-agent", { kind: AGENT, api: "relay", limit: 2.7 }),
  cpuWork("relay-long", { kind: LONG, api: "relay", limit: 2.7 }),
  cpuWork("small-packed", { kind: packed(SMALL), api: "chat" }),
  cpuWork("agent-packed", { kind: packed(AGENT), api: "chat" }),
  cpuWork("long-packed", { kind: packed(LONG), api: "chat" }),
];

/** As a proxy that gathers events before it sends them. */
function packed(kind: Kind): Kind {
  return { ...kind, title: `${kind.title}, one chunk`, packed: true };
}

interface Plan {
  readonly kind: Kind;
  readonly api: Api;
  /** As a ratio to the passthrough; a kind without one runs only if it is named. */
  readonly limit?: number | undefined;
}

function cpuWork(name: string, plan: Plan): Work {
  const title = `${plan.api === "relay" ? "relay: " : ""}${plan.kind.title}`;
  return {
    name,
    about: `CPU time of a ${title} in a burst`,
    isDefault: plan.limit !== undefined,
    obstacle: needsPid,
    run: (stage, report) => measure(stage, report, { ...plan, title }),
  };
}

async function measure(
  stage: Stage,
  report: Report,
  { kind, api, limit, title }: Plan & { readonly title: string },
): Promise<void> {
  const [passthrough, gateway] = [await stage.passthrough(), await stage.gateway()];
  const requests = stage.scaled(kind.requests);
  const { body, events, packed } = kind;
  const ask = { body, events, packed, paceMs: 0 };
  const sample = async (subject: Subject): Promise<number> => {
    const order = { endpoint: subject.endpoint(api), ask, requests, concurrency: CONCURRENCY };
    return await cpuOf(pidOf(subject), () => stage.loader().run("burst", order)) / requests;
  };
  const rounds = await interleave(
    stage.options.rounds,
    () => sample(passthrough),
    () => sample(gateway),
  );
  report.row({
    work: title,
    unit: "ms",
    base: median(rounds.base),
    gateway: median(rounds.own),
    results: pair(rounds, (own, base) => own / base),
    resultUnit: "×",
    limit,
  });
}
