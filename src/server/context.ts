import type { Config, ClientKey } from "../config/config.ts";
import type { ConfigStore } from "../config/store.ts";
import type { Loss } from "../translators/losses.ts";
import type { ModelLists } from "./model_lists.ts";
import type { OpenStreams } from "./open_streams.ts";
import type { Learned } from "./learned.ts";

/** What lives as long as the server. */
export interface Services {
  readonly store: ConfigStore;
  readonly streams: OpenStreams;
  readonly learned: Learned;
  readonly modelLists: ModelLists;
  /** Counts what requests lost, by target; metrics read it. */
  readonly lossCounts: Map<string, number>;
}

/** What the access log will say about a request; filled in as it goes along. */
export interface RequestRecord {
  /** The target that was asked last. */
  target?: string;
  /** The target whose upstream answered, be it with an error. */
  answeredBy?: string;
  mode?: string;
  model?: string;
  stream?: boolean;
  upstreamRequestId?: string;
  losses?: readonly Loss[];
  firstEventMs?: number;
  inputTokens?: number;
  outputTokens?: number;
  /** How a stream ended after its status was sent, if not well. */
  error?: string;
}

/** One request of a client: everything it needs, taken once when it arrives. */
export interface RequestContext {
  readonly request: Request;
  readonly requestId: string;
  /** The snapshot that the request lives on; a reload does not change it. */
  readonly config: Config;
  /** Undefined where the server needs no keys. */
  readonly key: ClientKey | undefined;
  readonly services: Services;
  readonly record: RequestRecord;
}
