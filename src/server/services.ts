import type { ConfigStore } from "../config/store.ts";
import { KeyRings } from "../upstream/key_ring.ts";
import { Activity, type Marks } from "./activity.ts";
import { Breakers } from "./breakers.ts";
import { CountRefusals } from "./count_refusals.ts";
import type { RequestWatcher } from "./ended_request.ts";
import { Learned } from "./learned.ts";
import { KeyLimits } from "./limits.ts";
import { ModelLists } from "./model_lists.ts";
import type { Tell } from "./news.ts";
import { numbersOf, type ThreadNumbers } from "./numbers.ts";
import { OpenStreams } from "./open_streams.ts";
import { Viewers } from "./viewers.ts";
import { Tally } from "./tally.ts";

/** What lives as long as the server. */
export interface Services {
  readonly store: ConfigStore;
  readonly streams: OpenStreams;
  readonly limits: KeyLimits;
  readonly keyRings: KeyRings;
  readonly breakers: Breakers;
  readonly learned: Learned;
  readonly countRefusals: CountRefusals;
  readonly modelLists: ModelLists;
  /** What requests of this thread did lately. */
  readonly activity: Activity;
  /** Each is told of every request that was answered. */
  readonly watchers: Set<RequestWatcher>;
  /** What this thread counted, for `GET /metrics`. */
  readonly tally: Tally;
  /** Counts what requests lost, by target; metrics read it. */
  readonly lossCounts: Map<string, number>;
  /** True once the server takes no new work. */
  readonly isDraining: () => boolean;
  /** True once all threads serve. */
  readonly isReady: () => boolean;
  /** Tells the other threads what this one found out. */
  readonly tell: Tell;
  /**
   * The numbers of each thread that answers in time, by its place; with marks also what its requests
   * did since.
   */
  readonly collect: (marks?: Marks) => Promise<readonly ThreadNumbers[]>;
  /** Those who watch this thread's `GET /api/events`. */
  readonly viewers: Viewers;
  /** How long an early failure of a stream can become an HTTP error; tests shorten it. */
  readonly commitWindowMs?: number;
}

/** Everything anew, but for what the caller brings. */
export function createServices(
  store: ConfigStore,
  own: Partial<Omit<Services, "store">> = {},
): Services {
  const { tell = () => {} } = own;
  const activity = new Activity();
  const tally = new Tally();
  const services: Services = {
    store,
    streams: new OpenStreams(),
    limits: new KeyLimits(),
    keyRings: new KeyRings(),
    breakers: new Breakers((event, target) => tell({ kind: "breaker", event, target })),
    learned: new Learned((finding) => tell({ kind: "learned", finding })),
    countRefusals: new CountRefusals(),
    modelLists: new ModelLists(),
    activity,
    watchers: new Set([activity.watch, tally.ended]),
    tally,
    lossCounts: new Map(),
    isDraining: () => false,
    isReady: () => true,
    tell,
    collect: (marks) => Promise.resolve([numbersOf(services, { marks })]),
    viewers: new Viewers((marks) => services.collect(marks)),
    ...own,
  };
  return services;
}
