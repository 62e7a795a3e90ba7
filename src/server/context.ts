import type { ClientKey, Config } from "../config/config.ts";
import { ClientGoneError, UnavailableError } from "../errors.ts";
import { logAccess } from "./access_log.ts";
import type { Lease } from "./limits.ts";
import { endRequest } from "./ended_request.ts";
import { allInput, type RequestRecord, type Tokens } from "./record.ts";
import type { Services } from "./services.ts";

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
  #lease: Lease | undefined;
  #isStreaming = false;
  #isOver = false;
  #onFinish: ((error: unknown) => void) | undefined;

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

  /** What the client is told of its limits. */
  get limitHeaders(): Readonly<Record<string, string>> {
    return this.#lease?.headers ?? {};
  }

  /**
   * Counts the request against the limits of its key, until it was answered.
   *
   * @throws {GatewayError} With 429, if the key has no more to spend.
   */
  lease(): void {
    this.#lease = this.services.limits.enter(this.key);
  }

  /**
   * Counts the request among those in flight, until it was answered.
   *
   * @throws {UnavailableError} If there are as many as the server takes.
   */
  enter(): void {
    const { streams } = this.services;
    const end = (error: Error) => this.#controller.abort(error);
    const leave = streams.enter(end, this.config.listen.maxStreams);
    if (!leave) {
      throw new UnavailableError("The gateway has as many requests in flight as it takes");
    }
    const { signal } = this.request;
    if (signal.aborted) this.#onClientGone();
    signal.addEventListener("abort", this.#onClientGone);
    this.#leave = () => {
      leave();
      const { tokens } = this.record;
      this.#lease?.release(tokens ? allInput(tokens) + tokens.output : 0);
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
    // It may have been cut off before its status was sent.
    if (!this.#isOver) this.services.tally.openStreams++;
    this.record.firstEventMs = Math.round(performance.now() - this.startedAt);
  }

  /** Has the end of the stream told, if the answer is one; false if it is not. */
  whenStreamEnds(tell: (error: unknown) => void): boolean {
    if (this.#isStreaming) this.#onFinish = tell;
    return this.#isStreaming;
  }

  /** Notes the end of a stream. */
  finish(tokens: Tokens | undefined, error: unknown): void {
    this.#onFinish?.(error);
    this.count(tokens);
    this.#end(200, error);
  }

  /** Notes that an answer is on its way; a stream is logged when it ends. */
  answered(status: number, error?: unknown): void {
    if (this.#isStreaming) return;
    this.#end(status, error);
  }

  #end(status: number, error: unknown): void {
    this.#leave?.();
    this.#isOver = true;
    if (this.#isStreaming) this.services.tally.openStreams--;
    const ended = endRequest(this, status, error);
    logAccess(ended, this.config.logging);
    for (const watch of this.services.watchers) watch(ended);
  }
}
