import type { ConfigStore } from "../config/store.ts";
import { UnavailableError } from "../errors.ts";
import { getLogger } from "../log.ts";
import { VERSION } from "../version.ts";
import { createApp } from "./app.ts";
import type { Services } from "./context.ts";
import { Learned } from "./learned.ts";
import { ModelLists } from "./model_lists.ts";
import { OpenStreams } from "./open_streams.ts";

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
 * Starts the server on the store's live config.
 *
 * @throws {Error} If it cannot listen there.
 */
export function startServer(store: ConfigStore): RunningServer {
  const { listen } = store.current();
  let draining = false;
  const services: Services = {
    store,
    streams: new OpenStreams(),
    learned: new Learned(),
    modelLists: new ModelLists(),
    lossCounts: new Map(),
    isDraining: () => draining,
  };
  const app = createApp(services);
  const server = Deno.serve({
    hostname: listen.host,
    port: listen.port,
    onListen: () => {},
  }, (request) => app.fetch(request));
  const { port } = server.addr as Deno.NetAddr;
  log.info(`Switchyard ${VERSION} listens on http://${urlHost(listen.host)}:${port}`, {
    targets: [...store.current().targets.keys()],
  });
  const stopped = Promise.withResolvers<void>();
  const stop = () => {
    // Asked twice, it does not wait for streams any longer.
    if (draining) services.streams.endAll(shuttingDown());
    else void drain(server, services, listen.drainMs).then(stopped.resolve);
    draining = true;
    return stopped.promise;
  };
  const forget = onSignals(() => void stop());
  const ended = server.finished.then(() => draining ? stopped.promise : undefined);
  const finished = Promise.race([stopped.promise, ended]).finally(forget);
  return { address: { host: listen.host, port }, finished, stop };
}

async function drain(
  server: Deno.HttpServer,
  { streams }: Services,
  drainMs: number,
): Promise<void> {
  log.info("Shutting down", { open_streams: streams.size, drain_ms: drainMs });
  const closed = server.shutdown();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), drainMs);
  });
  const outcome = await Promise.race([closed, late]);
  clearTimeout(timer);
  if (outcome === "late") {
    log.warn("Ending streams that did not finish in time", { open_streams: streams.size });
    streams.endAll(shuttingDown());
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS))]);
  }
  log.info("Stopped");
}

function shuttingDown(): UnavailableError {
  return new UnavailableError("The gateway is shutting down");
}

function onSignals(handler: () => void): () => void {
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, handler);
  return () => {
    for (const signal of STOP_SIGNALS) Deno.removeSignalListener(signal, handler);
  };
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
