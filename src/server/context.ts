import type { ClientKey, Config } from "../config/config.ts";
import type { ConfigStore } from "../config/store.ts";
import { ClientGoneError } from "../errors.ts";
import { logAccess } from "./access_log.ts";
import type { Learned } from "./learned.ts";
import type { ModelLists } from "./model_lists.ts";
import type { OpenStreams } from "./open_streams.ts";
import type { RequestRecord, Tokens } from "./record.ts";

/** What lives as long as the server. */
export interface Services {
  readonly store: ConfigStore;
  readonly streams: OpenStreams;
  readonly learned: Learned;
  readonly modelLists: ModelLists;
  /** Counts what requests lost, by target; metrics read it. */
  readonly lossCounts: Map<string, number>;
  /** True once the server takes no new work. */
  readonly isDraining: () => boolean;
  /** How long an early failure of a stream can become an HTTP error; tests shorten it. */
  readonly commitWindowMs?: number;
}

/** One request of a client: what it needs, taken once when it arrives. */
export class RequestContext {
  readonly request: Request;
  readonly requestId: string;
  readonly services: Services;
  /** The snapshot that the request lives on; a reload does not change it. */
  readonly config: Config;
  readonly startedAt = performance.now();
  readonly record: RequestRecord = {};
  /** The key that called; undefined where the server needs none. */
  key: ClientKey | undefined;
  readonly #controller = new AbortController();
  readonly #onClientGone = () => this.#controller.abort(new ClientGoneError());
  #leave: (() => void) | undefined;
  #isStreaming = false;

  constructor(request: Request, requestId: string, services: Services) {
    this.request = request;
    this.requestId = requestId;
    this.services = services;
    this.config = services.store.current();
  }

  /** Aborts, with an error as its reason, when the client leaves or the server has to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Counts the request among those in flight, until it was answered. */
  enter(): void {
    const leave = this.services.streams.add((error) => this.#controller.abort(error));
    const { signal } = this.request;
    if (signal.aborted) this.#onClientGone();
    signal.addEventListener("abort", this.#onClientGone);
    this.#leave = () => {
      leave();
      signal.removeEventListener("abort", this.#onClientGone);
    };
  }

  /** Notes the tokens of an answer. */
  count(tokens: Tokens | undefined): void {
    this.record.tokens = tokens;
  }

  /** Notes that the status is sent and the answer goes on as a stream. */
  streaming(): void {
    this.#isStreaming = true;
    this.record.firstEventMs = Math.round(performance.now() - this.startedAt);
  }

  /** Notes the end of a stream. */
  finish(tokens: Tokens | undefined, error: unknown): void {
    this.#leave?.();
    this.count(tokens);
    logAccess(this, 200, error);
  }

  /** Notes that an answer is on its way; a stream is logged when it ends. */
  answered(status: number, error?: unknown): void {
    if (this.#isStreaming) return;
    this.#leave?.();
    logAccess(this, status, error);
  }
}
