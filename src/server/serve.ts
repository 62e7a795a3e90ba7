import type { ConfigStore } from "../config/store.ts";
import { UnavailableError } from "../errors.ts";
import { getLogger } from "../log.ts";
import { closeClients } from "../upstream/clients.ts";
import { VERSION } from "../version.ts";
import { createApp } from "./app.ts";
import { createServices, type Services } from "./services.ts";

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
  const services = createServices(store, { isDraining: () => draining });
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
  if (listen.workers > 1) {
    log.warn("listen.workers has no effect yet: one process serves", { workers: listen.workers });
  }
  const stopped = Promise.withResolvers<void>();
  const hurry = Promise.withResolvers<void>();
  const stop = () => {
    // Asked twice, it does not wait for requests any longer.
    if (draining) hurry.resolve();
    else void drain(server, services, { maxMs: listen.drainMs, hurry }).then(stopped.resolve);
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
  { maxMs, hurry }: { readonly maxMs: number; readonly hurry: PromiseWithResolvers<void> },
): Promise<void> {
  log.info("Shutting down", { open_requests: streams.size, drain_ms: maxMs });
  const closed = server.shutdown().then(() => "closed" as const);
  const timer = setTimeout(hurry.resolve, maxMs);
  const outcome = await Promise.race([closed, hurry.promise]);
  clearTimeout(timer);
  if (outcome !== "closed") {
    log.warn("Ending requests that did not finish in time", { open_requests: streams.size });
    streams.endAll(shuttingDown());
    let lastWords: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => lastWords = setTimeout(resolve, LAST_WORDS_MS));
    await Promise.race([closed, late]);
    clearTimeout(lastWords);
  }
  closeClients();
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
