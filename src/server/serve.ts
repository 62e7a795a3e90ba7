import { urlHost } from "../config/address.ts";
import type { ListenConfig } from "../config/config.ts";
import type { ConfigStore } from "../config/store.ts";
import { getLogger } from "../log.ts";
import { closeConnections } from "../upstream/transport.ts";
import { VERSION } from "../version.ts";
import { createApp } from "./app.ts";
import type { Engine } from "./engine.ts";
import { createServices } from "./services.ts";
import { shuttingDown } from "./shutdown.ts";
import { tracesProblem } from "./traces.ts";
import { type AddUsage, watchUsage } from "./usage_watch.ts";

const log = getLogger("server");

/** Signals that end the server; Windows knows only the first. */
const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/** A second for the last `error` events to leave, once streams were cut off. */
const LAST_WORDS_MS = 1_000;

/** A server that answers; it ends itself on SIGTERM and SIGINT. */
export interface RunningServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Settles once it has stopped and its streams have ended. */
  readonly finished: Promise<void>;
  /** Takes no new work, lets streams finish for as long as `listen.drain`, then ends them. */
  stop(): Promise<void>;
}

/**
 * Starts the server on the store's live config; `addUsage` is told what requests used.
 *
 * @throws {Error} If it cannot listen there.
 */
export async function startServer(
  store: ConfigStore,
  addUsage?: AddUsage,
): Promise<RunningServer> {
  const { listen } = store.current();
  const threads = threadCount(listen);
  // Loaded only where it is needed: most servers have one thread.
  const engine = threads === 1
    ? startAlone(store, addUsage)
    : await (await import("./crew.ts")).startCrew(store, { threads, addUsage });
  const { port } = engine;
  log.info(`Switchyard ${VERSION} listens on http://${urlHost(listen.host)}:${port}`, {
    targets: [...store.current().targets.keys()],
    ...(threads === 1 ? {} : { workers: threads }),
  });
  const problem = tracesProblem();
  if (problem !== undefined) log.warn(problem);
  let draining = false;
  const stopped = Promise.withResolvers<void>();
  const hurry = Promise.withResolvers<void>();
  const stop = () => {
    // Asked twice, it does not wait for requests any longer.
    if (draining) hurry.resolve();
    else void drain(engine, { maxMs: listen.drainMs, hurry }).then(stopped.resolve);
    draining = true;
    return stopped.promise;
  };
  const forget = onSignals(() => void stop());
  const ended = engine.finished.then(() => draining ? stopped.promise : undefined);
  const finished = Promise.race([stopped.promise, ended]).finally(forget);
  return { address: { host: listen.host, port }, finished, stop };
}

/** How many threads serve. Only Linux shares the connections of one port out among several. */
export function threadCount(
  { workers }: Pick<ListenConfig, "workers">,
  os = Deno.build.os,
  cores = navigator.hardwareConcurrency,
): number {
  const wanted = workers === "auto" ? cores : workers;
  if (wanted === 1 || os === "linux") return wanted;
  log.warn("listen.workers has an effect on Linux only: one thread serves", { workers, os });
  return 1;
}

/** The server in this thread alone. */
function startAlone(store: ConfigStore, addUsage: AddUsage | undefined): Engine {
  const { host, port } = store.current().listen;
  let draining = false;
  const services = createServices(store, { isDraining: () => draining });
  if (addUsage) services.watchers.add(watchUsage(addUsage));
  const app = createApp(services);
  const server = Deno.serve(
    { hostname: host, port, onListen: () => {} },
    (request) => app.fetch(request),
  );
  return {
    port: server.addr.port,
    finished: server.finished,
    get openRequests() {
      return services.streams.size;
    },
    shutdown: () => {
      draining = true;
      return server.shutdown();
    },
    endAll: () => services.streams.endAll(shuttingDown()),
    close: () => {},
  };
}

async function drain(
  engine: Engine,
  { maxMs, hurry }: { readonly maxMs: number; readonly hurry: PromiseWithResolvers<void> },
): Promise<void> {
  log.info("Shutting down", { open_requests: engine.openRequests, drain_ms: maxMs });
  const closed = engine.shutdown().then(() => "closed" as const);
  const timer = setTimeout(hurry.resolve, maxMs);
  const outcome = await Promise.race([closed, hurry.promise]);
  clearTimeout(timer);
  if (outcome !== "closed") {
    log.warn("Ending requests that did not finish in time", {
      open_requests: engine.openRequests,
    });
    engine.endAll();
    let lastWords: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => lastWords = setTimeout(resolve, LAST_WORDS_MS));
    await Promise.race([closed, late]);
    clearTimeout(lastWords);
  }
  engine.close();
  closeConnections();
  log.info("Stopped");
}

function onSignals(handler: () => void): () => void {
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, handler);
  return () => {
    for (const signal of STOP_SIGNALS) Deno.removeSignalListener(signal, handler);
  };
}
