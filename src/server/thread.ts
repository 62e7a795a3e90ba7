import type { ConfigStore } from "../config/store.ts";
import { shareStderr } from "../log.ts";
import type { Marks } from "./activity.ts";
import { createApp } from "./app.ts";
import { KeyLimits } from "./limits.ts";
import type { Tell } from "./news.ts";
import { NewsDesk } from "./news_desk.ts";
import type { ThreadNumbers } from "./numbers.ts";
import { OpenStreams } from "./open_streams.ts";
import { createServices, type Services } from "./services.ts";
import type { SharedMemory } from "./shared_memory.ts";

/** One of several threads that serve on the same port. */
export interface ServingThread {
  readonly services: Services;
  readonly desk: NewsDesk;
  readonly server: Deno.HttpServer<Deno.NetAddr>;
}

/** What a thread needs besides the memory that it shares with the others. */
export interface ThreadOptions {
  readonly store: ConfigStore;
  readonly port: number;
  /** Sends this thread's news to the others. */
  readonly send: Tell;
  readonly collect: (marks?: Marks) => Promise<readonly ThreadNumbers[]>;
}

/**
 * Serves in this thread.
 *
 * @throws {Error} If it cannot listen there.
 */
export function serveInThread(
  memory: SharedMemory,
  { store, port, send, collect }: ThreadOptions,
): ServingThread {
  shareStderr(memory.writeInTurn);
  const desk = new NewsDesk(send);
  const services = createServices(store, {
    streams: new OpenStreams(memory.places()),
    limits: new KeyLimits(memory.accounts()),
    isDraining: () => memory.stage === "draining",
    isReady: () => memory.stage === "ready",
    tell: desk.tell,
    collect,
  });
  const app = createApp(services);
  const server = Deno.serve({
    hostname: store.current().listen.host,
    port,
    reusePort: true,
    onListen: () => {},
  }, (request) => app.fetch(request));
  return { services, desk, server };
}
