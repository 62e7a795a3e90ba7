import type { ConfigStore } from "../config/store.ts";
import { KeyRings } from "../upstream/key_ring.ts";
import { Breakers } from "./breakers.ts";
import { CountRefusals } from "./count_refusals.ts";
import { Learned } from "./learned.ts";
import { KeyLimits } from "./limits.ts";
import { ModelLists } from "./model_lists.ts";
import { OpenStreams } from "./open_streams.ts";

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
  /** Counts what requests lost, by target; metrics read it. */
  readonly lossCounts: Map<string, number>;
  /** True once the server takes no new work. */
  readonly isDraining: () => boolean;
  /** How long an early failure of a stream can become an HTTP error; tests shorten it. */
  readonly commitWindowMs?: number;
}

/** Everything anew, but for what the caller brings. */
export function createServices(
  store: ConfigStore,
  own: Partial<Omit<Services, "store">> = {},
): Services {
  return {
    store,
    streams: new OpenStreams(),
    limits: new KeyLimits(),
    keyRings: new KeyRings(),
    breakers: new Breakers(),
    learned: new Learned(),
    countRefusals: new CountRefusals(),
    modelLists: new ModelLists(),
    lossCounts: new Map(),
    isDraining: () => false,
    ...own,
  };
}
