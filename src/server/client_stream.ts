import { errorEvent } from "../anthropic/error_body.ts";
import { PING_EVENT } from "../anthropic/sse_sink.ts";
import { ClientGoneError } from "../errors.ts";
import { type Deadline, Deadlines } from "../upstream/deadlines.ts";
import type { AnswerSource } from "./answer_source.ts";

const encoder = new TextEncoder();
const PING = encoder.encode(PING_EVENT);

/** How long an early failure can still become an HTTP error. */
export const COMMIT_WINDOW_MS = 8_000;

/** What a client's stream needs besides its source. */
export interface ClientStreamOptions {
  readonly requestId: string;
  readonly pingIntervalMs: number;
  readonly commitWindowMs: number;
  /** Aborts with an error that ends the stream, be it that the client left. */
  readonly signal: AbortSignal;
  /** Called once, when the stream is over for whatever reason. */
  readonly onEnd: (error: unknown) => void;
}

/**
 * Waits for the first meaningful event, at most as long as the commit window.
 *
 * @throws {GatewayError} If the upstream fails before; it can still be answered with a status.
 */
export async function openClientStream(
  source: AnswerSource,
  options: ClientStreamOptions,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const ready: Uint8Array<ArrayBuffer>[] = [];
  let pending: ReturnType<AnswerSource["next"]> | undefined;
  const late = Promise.withResolvers<"late">();
  const deadlines = new Deadlines();
  const commit = deadlines.add(() => late.resolve("late"), options.commitWindowMs);
  try {
    while (!source.committed) {
      pending ??= source.next();
      const bytes = await Promise.race([pending, late.promise]);
      if (bytes === "late") {
        ready.push(source.commit());
        break;
      }
      pending = undefined;
      if (bytes === undefined) break;
      ready.push(bytes);
    }
  } catch (error) {
    if (!source.committed) {
      deadlines.close();
      source.abort();
      throw error;
    }
    // It came with the first content in one piece; whether it does must not decide the status.
    pending = Promise.reject(error);
  }
  deadlines.remove(commit);
  const stream = new ClientStream(source, { ...options, deadlines }, {
    ready: ready.filter(({ length }) => length),
    pending,
  });
  return new ReadableStream(stream, { highWaterMark: 0 });
}

/**
 * The one adapter between an answer and the client's connection: bytes, pings, errors, and
 * cancellation in both directions.
 *
 * A pull-based source, because a transform can neither turn a read error into a last event nor
 * cancel the upstream while it is silent.
 */
class ClientStream implements UnderlyingDefaultSource<Uint8Array<ArrayBuffer>> {
  readonly #source: AnswerSource;
  readonly #options: ClientStreamOptions & { readonly deadlines: Deadlines };
  readonly #ready: Uint8Array<ArrayBuffer>[];
  readonly #onAbort = () => this.#fail(this.#options.signal.reason);
  #pending: ReturnType<AnswerSource["next"]> | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  readonly #ping: Deadline;
  #pulling = false;
  #over = false;

  constructor(
    source: AnswerSource,
    options: ClientStreamOptions & { readonly deadlines: Deadlines },
    { ready, pending }: {
      readonly ready: Uint8Array<ArrayBuffer>[];
      readonly pending: ReturnType<AnswerSource["next"]> | undefined;
    },
  ) {
    this.#source = source;
    this.#options = options;
    this.#ready = ready;
    this.#pending = pending;
    this.#ping = options.deadlines.add(() => this.#fillSilence(), options.pingIntervalMs);
    // A failure before the first pull must not count as unhandled; the pull sees it.
    pending?.catch(() => {});
  }

  start(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): void {
    this.#controller = controller;
    const { signal } = this.#options;
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Waits for the next bytes that are any; events without a counterpart give none. */
  async pull(): Promise<void> {
    const ready = this.#ready.shift();
    if (ready) return this.#write(ready);
    this.#pulling = true;
    try {
      while (!this.#over) {
        const next = this.#pending ?? this.#source.next();
        this.#pending = undefined;
        const bytes = await next;
        if (bytes === undefined) this.#close();
        else if (bytes.length > 0) return this.#write(bytes);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#pulling = false;
    }
  }

  cancel(): void {
    if (this.#over) return;
    this.#end(new ClientGoneError());
    this.#source.abort();
  }

  #write(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#over || bytes.length === 0) return;
    this.#options.deadlines.move(this.#ping, this.#options.pingIntervalMs);
    this.#controller?.enqueue(bytes);
  }

  #close(): void {
    if (this.#over) return;
    this.#end(undefined);
    this.#controller?.close();
  }

  /** Ends the stream with an `error` event, behind whatever was ready before. */
  #fail(error: unknown): void {
    if (this.#over) return;
    for (const ready of this.#ready.splice(0)) this.#write(ready);
    if (this.#source.ended) return this.#close();
    this.#write(this.#source.rest());
    this.#write(encoder.encode(errorEvent(error, this.#options.requestId)));
    // A write to a connection that is gone cancels the stream from within.
    if (this.#over) return;
    this.#end(error);
    this.#controller?.close();
    this.#source.abort();
  }

  #end(error: unknown): void {
    this.#over = true;
    this.#options.deadlines.close();
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#options.onEnd(error);
  }

  get #wantsPing(): boolean {
    return this.#pulling && !this.#source.ended && this.#source.canPing &&
      (this.#controller?.desiredSize ?? -1) >= 0;
  }

  /** A client that does not read needs no ping. */
  #fillSilence(): void {
    if (this.#wantsPing) this.#write(PING);
    else this.#options.deadlines.move(this.#ping, this.#options.pingIntervalMs);
  }
}
