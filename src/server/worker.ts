/** The main module of every thread beside the first; `crew.ts` starts it. */
import { reloadConfig } from "../config/load.ts";
import { ConfigStore } from "../config/store.ts";
import { configureLog, getLogger } from "../log.ts";
import { numbersOf, type ThreadNumbers } from "./numbers.ts";
import { shuttingDown } from "./shutdown.ts";
import { SharedMemory } from "./shared_memory.ts";
import { serveInThread, type ServingThread } from "./thread.ts";
import { UsageOutbox } from "./usage_outbox.ts";
import { watchUsage } from "./usage_watch.ts";
import { answer, ask, type ConfigCopy, type FromWorker, type ToWorker } from "./worker_messages.ts";

const log = getLogger("server");

/** The global scope of a worker, of which the types of a main thread know nothing. */
const scope = globalThis as unknown as {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  addEventListener<Type extends keyof ScopeEvents>(
    type: Type,
    listen: (event: ScopeEvents[Type]) => void,
  ): void;
  close(): void;
};

interface ScopeEvents {
  readonly message: MessageEvent<ToWorker>;
  readonly error: ErrorEvent;
  readonly unhandledrejection: PromiseRejectionEvent;
}

let store: ConfigStore | undefined;
let thread: ServingThread | undefined;
let number = 0;
/** Settles once the main thread has the lines that were sent last. */
let delivered: Promise<unknown> = Promise.resolve();
const usage = new UsageOutbox((lines) => delivered = ask(scope, { type: "usage", lines }));
/** Messages are dealt with one after the other, in the order in which they came. */
let done: Promise<void> = Promise.resolve();

scope.addEventListener("message", (event) => {
  done = done.then(() => receive(event)).catch(crash);
});
scope.addEventListener("error", (event) => {
  event.preventDefault();
  crash(event.error);
});
scope.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  crash(event.reason);
});

async function receive(event: MessageEvent<ToWorker>): Promise<void> {
  const { data } = event;
  if (data.type === "start") {
    thread = await start(data);
    return answer(event, true);
  }
  if (!thread || !store) throw new Error(`Cannot ${data.type} before the start`);
  const { services, desk, server } = thread;
  switch (data.type) {
    case "config":
      await takeOver(store, data.config);
      return answer(event);
    case "collect":
      return answer(event, numbersOf(services, { thread: number, marks: data.marks }));
    case "drain":
      // Not waited for: the next message may be the one that ends all requests.
      void server.shutdown().then(() => delivered).then(() => answer(event, usage.take()));
      return;
    case "end":
      return services.streams.endAll(shuttingDown());
    case "news":
      return desk.hear(data.news, services);
  }
}

async function start(
  { config, memory, thread, threads, port, tellsUsage }: Extract<
    ToWorker,
    { readonly type: "start" }
  >,
): Promise<ServingThread> {
  number = thread;
  const live = await configOf(config);
  configureLog(live.logging);
  store = new ConfigStore(live);
  store.adopt(live, config.status);
  const serving = serveInThread(new SharedMemory(threads, thread, memory), {
    store,
    port,
    send: (news) => scope.postMessage({ type: "news", news }),
    collect: async (marks) =>
      await ask(scope, { type: "collect", marks }) as readonly ThreadNumbers[],
  });
  if (tellsUsage) serving.services.watchers.add(watchUsage(usage.add));
  return serving;
}

async function takeOver(store: ConfigStore, copy: ConfigCopy): Promise<void> {
  // Only the error is new where a file was refused.
  const isSame = copy.status.generation === store.generation;
  const config = isSame ? store.current() : await configOf(copy);
  configureLog(config.logging);
  store.adopt(config, copy.status);
}

async function configOf({ source, listen }: ConfigCopy) {
  return { ...await reloadConfig(source), listen };
}

/** Nobody knows what state an error that nothing caught left behind, so the thread ends. */
function crash(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  if (thread) log.error("A thread crashed", { thread: number, error: stackOf(error) });
  scope.postMessage({ type: "crashed", reason });
  scope.close();
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
