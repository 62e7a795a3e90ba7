import type { ConfigStore } from "../config/store.ts";
import { getLogger } from "../log.ts";
import type { Marks } from "./activity.ts";
import type { Engine } from "./engine.ts";
import type { News } from "./news.ts";
import { numbersOf, type ThreadNumbers } from "./numbers.ts";
import { SharedMemory } from "./shared_memory.ts";
import { shuttingDown } from "./shutdown.ts";
import { serveInThread, type ServingThread } from "./thread.ts";
import { type AddUsage, watchUsage } from "./usage_watch.ts";
import { answer, ask, type ConfigCopy, type FromWorker, type ToWorker } from "./worker_messages.ts";

const log = getLogger("server");

/** The second is its place in the executable; see scripts/compile.ts. */
const WORKER = new URL(
  import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker/worker.js",
  import.meta.url,
);

/** Pause before a thread that crashed is replaced, so that one that cannot live costs little. */
const REPLACE_AFTER_MS = 1_000;

/** How long the numbers of a busy thread are waited for. */
const COLLECT_MS = 1_000;

/** How long a reload is held up by a thread that does not take it over. */
const RELOAD_MS = 5_000;

/** How a crew differs from the one that `serve` starts. */
export interface CrewOptions {
  readonly threads: number;
  /** Is told what the requests of all threads used. */
  readonly addUsage?: AddUsage | undefined;
  /** The main module of the workers; tests bring one that crashes when told to. */
  readonly worker?: URL;
}

/** One worker. */
interface Member {
  readonly thread: number;
  readonly worker: Worker;
  /** Settles when the worker has crashed, with the reason. */
  readonly gone: Promise<string>;
  /** True once it serves. */
  isServing: boolean;
}

/**
 * Starts the server with several threads on one port, of which this one is the first. The kernel
 * shares the connections out (SO_REUSEPORT), a connection stays with its thread.
 *
 * @throws {Error} If it cannot listen there.
 */
export async function startCrew(store: ConfigStore, options: CrewOptions): Promise<Engine> {
  const { host, port } = store.current().listen;
  // With reusePort alone, a port that another such server has would be shared with it.
  if (port !== 0) Deno.listen({ hostname: host, port }).close();
  const crew = new Crew(store, options);
  try {
    await crew.start();
  } catch (error) {
    await crew.shutdown();
    crew.close();
    throw error;
  }
  return crew;
}

/** The main thread's part of a server of several threads: it serves too, and speaks to the others. */
class Crew implements Engine {
  readonly port: number;
  readonly finished: Promise<void>;
  readonly #store: ConfigStore;
  readonly #url: URL;
  readonly #addUsage: AddUsage | undefined;
  readonly #memory: SharedMemory;
  readonly #own: ServingThread;
  readonly #members = new Map<number, Member>();
  /** What each other thread told of itself last. */
  readonly #told = new Map<number, ThreadNumbers>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(store: ConfigStore, { threads, addUsage, worker = WORKER }: CrewOptions) {
    this.#store = store;
    this.#url = worker;
    this.#addUsage = addUsage;
    this.#memory = new SharedMemory(threads);
    this.#own = serveInThread(this.#memory, {
      store,
      port: store.current().listen.port,
      send: (news) => this.#spread(news),
      collect: (marks) => this.#collect(marks),
    });
    if (addUsage) this.#own.services.watchers.add(watchUsage(addUsage));
    this.port = this.#own.server.addr.port;
    this.finished = this.#own.server.finished;
  }

  get openRequests(): number {
    return this.#own.services.streams.total;
  }

  /** Settles when all threads serve. */
  async start(): Promise<void> {
    const others = Array.from({ length: this.#memory.threads - 1 }, (_, at) => at + 1);
    await Promise.all(others.map((thread) => this.#add(thread)));
    this.#store.tellChanges(() => this.#shareConfig());
    this.#memory.stage = "ready";
  }

  async shutdown(): Promise<void> {
    this.#memory.stage = "draining";
    for (const timer of this.#timers) clearTimeout(timer);
    const drained = this.#serving().map(async (member) => {
      const lines = await this.#ask(member, { type: "drain" });
      if (typeof lines === "string") this.#addUsage?.(lines);
    });
    await Promise.all([this.#own.server.shutdown(), ...drained]);
  }

  endAll(): void {
    this.#own.services.streams.endAll(shuttingDown());
    this.#tellAll({ type: "end" });
  }

  close(): void {
    for (const { worker } of this.#members.values()) worker.terminate();
    this.#members.clear();
  }

  /** Starts a worker and waits until it serves. */
  async #add(thread: number): Promise<void> {
    const worker = new Worker(this.#url, { type: "module", name: `worker ${thread}` });
    const crashed = Promise.withResolvers<string>();
    const member: Member = { thread, worker, gone: crashed.promise, isServing: false };
    this.#members.set(thread, member);
    worker.addEventListener("message", (event) => this.#receive(event, member, crashed.resolve));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      crashed.resolve(event.message);
    });
    const { threads, buffer: memory } = this.#memory;
    const isServing = await this.#ask(member, {
      type: "start",
      thread,
      threads,
      memory,
      port: this.port,
      config: this.#config(),
      tellsUsage: this.#addUsage !== undefined,
    });
    if (!isServing) {
      this.#members.delete(thread);
      throw new Error(await member.gone);
    }
    member.isServing = true;
    void member.gone.then(() => this.#replace(member));
    // A reload may have come meanwhile.
    await this.#ask(member, { type: "config", config: this.#config() });
  }

  /** The connections of a thread that crashed are lost; the others go on, and a new one joins. */
  #replace({ thread }: Member): void {
    if (!this.#members.delete(thread)) return;
    this.#memory.forget(thread);
    this.#inherit(thread);
    // It may have been the one that tried a target; the others hear of it as news.
    this.#own.services.breakers.releaseAll();
    this.#addLater(thread);
  }

  /** What a thread counted counts on, or the sums that metrics tell would fall. */
  #inherit(thread: number): void {
    const told = this.#told.get(thread);
    if (!this.#told.delete(thread) || !told) return;
    const { tally, lossCounts } = this.#own.services;
    tally.add(told.tally);
    for (const [target, count] of told.dropped) {
      lossCounts.set(target, (lossCounts.get(target) ?? 0) + count);
    }
  }

  #addLater(thread: number): void {
    if (this.#memory.stage === "draining") return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      // Once more: what it still did while it ended may have counted too.
      this.#memory.forget(thread);
      this.#add(thread).then(
        () => log.info("Replaced the thread that crashed", { thread }),
        (error) => {
          log.error("Cannot replace a thread that crashed", { thread, error });
          this.#addLater(thread);
        },
      );
    }, REPLACE_AFTER_MS);
    this.#timers.add(timer);
  }

  #receive(
    event: MessageEvent<FromWorker>,
    { thread }: Member,
    crashed: (reason: string) => void,
  ): void {
    const { data } = event;
    switch (data.type) {
      case "collect":
        return void this.#collect(data.marks).then((numbers) => answer(event, numbers));
      case "news":
        this.#own.desk.hear(data.news, this.#own.services);
        return this.#spread(data.news, thread);
      case "usage":
        this.#addUsage?.(data.lines);
        return answer(event);
      case "crashed":
        return crashed(data.reason);
    }
  }

  /** The numbers of all threads, by their place; of one that is busy, those that it told last. */
  async #collect(marks?: Marks): Promise<readonly ThreadNumbers[]> {
    const answers = await this.#answersWithin(COLLECT_MS, { type: "collect", marks });
    const fresh = new Map<number, ThreadNumbers>();
    for (const numbers of answers as readonly (ThreadNumbers | undefined)[]) {
      // One that crashed meanwhile has been inherited from.
      if (!numbers || !this.#members.has(numbers.thread)) continue;
      fresh.set(numbers.thread, numbers);
      // What happened is told once; only counts can be told again.
      this.#told.set(numbers.thread, { ...numbers, activity: undefined });
    }
    const others = [...this.#told.values()].map((told) => fresh.get(told.thread) ?? told)
      .toSorted((one, other) => one.thread - other.thread);
    return [numbersOf(this.#own.services, { marks }), ...others];
  }

  #config(): ConfigCopy {
    const { source, listen } = this.#store.current();
    return { source, listen, status: this.#store.status() };
  }

  async #shareConfig(): Promise<void> {
    await this.#answersWithin(RELOAD_MS, { type: "config", config: this.#config() });
  }

  /** Passes news on to all but the one they came from. */
  #spread(news: News, from = 0): void {
    this.#tellAll({ type: "news", news }, from);
  }

  #tellAll(message: ToWorker, but = 0): void {
    for (const { thread, worker } of this.#serving()) {
      if (thread !== but) worker.postMessage(message);
    }
  }

  /** The answers of all workers; undefined from one that does not answer in time. */
  async #answersWithin(maxMs: number, message: ToWorker): Promise<readonly unknown[]> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), maxMs);
    });
    const answers = await Promise.all(
      this.#serving().map((member) => Promise.race([this.#ask(member, message), late])),
    );
    clearTimeout(timer);
    return answers;
  }

  /** The answer; undefined from a worker that crashes before it answers. */
  #ask({ worker, gone }: Member, message: ToWorker): Promise<unknown> {
    return ask<ToWorker>(worker, message, gone);
  }

  #serving(): readonly Member[] {
    return [...this.#members.values()].filter(({ isServing }) => isServing);
  }
}
