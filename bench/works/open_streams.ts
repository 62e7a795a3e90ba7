import { pause, rssKib } from "../processes.ts";
import { HOLD_MS } from "../requests.ts";
import type { OwnSubject, Stage, Subject } from "../stage.ts";
import { median } from "../statistics.ts";
import { needsPid, pidOf, type Report, type Work } from "./work.ts";

const STREAMS = 2_000;
const SETTLE_MS = 1_000;
/** Each needs processes of its own. */
const MOST_ROUNDS = 3;

/** Memory of streams that are open and silent. */
export const openStreams: Work = {
  name: "open-streams",
  about: `RSS of each of ${STREAMS} open streams, and of the idle process`,
  isDefault: true,
  obstacle: needsPid,
  run: measure,
};

/** RSS in KiB, without any request and for each stream. */
interface Memory {
  readonly idle: number;
  readonly each: number;
}

async function measure(stage: Stage, report: Report): Promise<void> {
  const base: Memory[] = [];
  const own: Memory[] = [];
  for (let round = 0; round < Math.min(MOST_ROUNDS, stage.options.rounds); round++) {
    base.push(await sampleOwn(stage, await stage.startPassthrough()));
    own.push(
      stage.options.against
        ? await sample(stage, await stage.gateway())
        : await sampleOwn(stage, await stage.startGateway()),
    );
  }
  report.row({
    work: `${stage.scaled(STREAMS)} open streams: RSS of one`,
    unit: "KB",
    base: median(base.map(({ each }) => each)),
    gateway: median(own.map(({ each }) => each)),
    results: own.map(({ each }) => each),
    resultUnit: "KB",
    limit: 60,
  });
  report.row({
    work: "idle RSS",
    unit: "MB",
    base: median(base.map(({ idle }) => idle / 1024)),
    gateway: median(own.map(({ idle }) => idle / 1024)),
    results: own.map(({ idle }) => idle / 1024),
    resultUnit: "MB",
    // The promise is about the binary.
    limit: stage.binary === undefined ? undefined : 90,
  });
}

async function sampleOwn(stage: Stage, subject: OwnSubject): Promise<Memory> {
  try {
    return await sample(stage, subject);
  } finally {
    await subject.stop();
  }
}

async function sample(stage: Stage, subject: Subject): Promise<Memory> {
  const pid = pidOf(subject);
  const loader = stage.loader();
  const streams = stage.scaled(STREAMS);
  const idle = rssKib(pid);
  await loader.run("hold", {
    endpoint: subject.endpoint("chat"),
    ask: { body: "small", events: 2, paceMs: HOLD_MS },
    streams,
  });
  await pause(SETTLE_MS);
  const each = (rssKib(pid) - idle) / streams;
  await loader.run("release", {});
  return { idle, each };
}
