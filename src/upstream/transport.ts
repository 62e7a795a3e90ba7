import { ClientGoneError, UpstreamUnreachableError } from "../errors.ts";
import type { Target } from "../target.ts";
import { closeClients } from "./clients.ts";
import { Deadlines } from "./deadlines.ts";
import type { HttpCall, HttpSender, UpstreamResponse } from "./http.ts";
import { closePool } from "./http1/sender.ts";
import { learnFrom, senderFor } from "./senders.ts";

/**
 * One call to an upstream, from the request to the last byte of the answer.
 *
 * Owns the clocks and the abort: whoever opened it calls {@link close} when the answer is read,
 * or {@link abort} when nobody wants it any more.
 */
export class Exchange {
  readonly target: Target;
  readonly #clientSignal: AbortSignal;
  readonly #onClientAbort = () => this.abort(reasonOf(this.#clientSignal));
  readonly #deadlines = new Deadlines();
  readonly #idle = this.#deadlines.add(() => {
    this.#giveUp(`was silent for ${seconds(this.target.timeouts.idleMs)}`);
  });
  #sender: HttpSender | undefined;
  #abortReason: Error | undefined;

  /** The signal aborts when the answer is not wanted any more; its reason goes to the reader. */
  constructor(target: Target, clientSignal: AbortSignal) {
    this.target = target;
    this.#clientSignal = clientSignal;
    const { totalMs } = target.timeouts;
    this.#deadlines.add(() => this.#giveUp(`did not finish within ${seconds(totalMs)}`), totalMs);
    if (clientSignal.aborted) this.#onClientAbort();
    else clientSignal.addEventListener("abort", this.#onClientAbort, { once: true });
  }

  /** True once the call was aborted, for whatever reason. */
  get aborted(): boolean {
    return this.#abortReason !== undefined;
  }

  /**
   * Sends the request and waits for the answer's head.
   *
   * A connection that could not be made, or broke before an answer, is tried once more.
   *
   * @throws {UpstreamUnreachableError} If there is no answer in time, or no connection.
   * @throws {ClientGoneError} If the client left before.
   */
  async send(call: HttpCall): Promise<UpstreamResponse> {
    const { firstByteMs } = this.target.timeouts;
    const firstByte = this.#deadlines.add(
      () => this.#giveUp(`did not answer within ${seconds(firstByteMs)}`),
      firstByteMs,
    );
    try {
      return await this.#send(call);
    } catch (error) {
      if (!(error instanceof UpstreamUnreachableError && error.connectionFailed)) throw error;
      return await this.#send(call, { isRetry: true });
    } finally {
      this.#deadlines.remove(firstByte);
    }
  }

  /** Begins a read of the answer: the idle clock runs until {@link received}, and only then. */
  receiving(): void {
    this.#deadlines.move(this.#idle, this.target.timeouts.idleMs);
  }

  /**
   * Ends a read of the answer.
   *
   * @throws {Error} Why the call was aborted: a body that was cancelled looks as if it had ended.
   */
  received(): void {
    this.#idle.at = Infinity;
    if (this.#abortReason) throw this.#abortReason;
  }

  /** What a read that failed means. */
  readFailure(cause: unknown): Error {
    this.#idle.at = Infinity;
    if (this.#abortReason) return this.#abortReason;
    return new UpstreamUnreachableError(
      `Target '${this.target.name}' broke the connection in the middle of its answer`,
      { cause },
    );
  }

  /** Ends the call if it is not over in that many milliseconds. */
  hurry(milliseconds: number): void {
    this.#deadlines.add(() => this.abort(), milliseconds);
  }

  /** Ends the call because nobody reads its answer any more; a reader gets the reason. */
  abort(reason: Error = new ClientGoneError()): void {
    this.close();
    this.#abortReason ??= reason;
    this.#sender?.cancel();
  }

  /** Stops the clocks; the answer has been read. */
  close(): void {
    this.#deadlines.close();
    this.#clientSignal.removeEventListener("abort", this.#onClientAbort);
  }

  /** Ends the call because the upstream took too long. */
  #giveUp(what: string): void {
    const message = `Target '${this.target.name}' ${what}`;
    this.abort(new UpstreamUnreachableError(message, { status: 504, type: "timeout_error" }));
  }

  async #send(call: HttpCall, { isRetry = false } = {}): Promise<UpstreamResponse> {
    if (this.#abortReason) throw this.#abortReason;
    const sender = this.#sender = senderFor(call.url);
    const { connectMs } = this.target.timeouts;
    const connect = this.#deadlines.add(
      () => this.#giveUp(`could not be connected to within ${seconds(connectMs)}`),
      connectMs,
    );
    const onConnected = () => this.#deadlines.remove(connect);
    try {
      const { caCert } = this.target;
      return await sender.send(call, { caCert, isRetry, onConnected });
    } catch (cause) {
      if (this.#abortReason) throw this.#abortReason;
      if (learnFrom(cause, sender, call.url)) return await this.#send(call, { isRetry });
      throw unreachable(this.target, cause);
    } finally {
      onConnected();
    }
  }
}

/** Closes all connections to upstreams, when the server is over. */
export function closeConnections(): void {
  closePool();
  closeClients();
}

/** Why a signal aborted; a client that leaves gives the runtime's reason or none. */
function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error && !(reason instanceof DOMException)
    ? reason
    : new ClientGoneError();
}

/** What no certificate mends: the upstream hung up before it showed one. */
const HANDSHAKE_CUT = "connection closed in the TLS handshake";
const TLS_FAILED = "TLS failed";
const NO_HTTP = "its answer is not valid HTTP";

/** What failed, by words of the runtime's error; the error itself may show the URL's query. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/handshake eof/i, HANDSHAKE_CUT],
  [/certificate|tls|ssl|handshake|fatal alert|corrupt message/i, TLS_FAILED],
  [/message head|invalid http|parsed|unexpected message/i, NO_HTTP],
  [/dns|resolve|lookup|name or service/i, "its host name cannot be resolved"],
  [/refused/i, "connection refused"],
  [/reset|broken pipe|closed before|unexpected end|eof/i, "connection reset"],
  [/unreachable/i, "network unreachable"],
  [/timed out|timeout/i, "connection timed out"],
];

function unreachable(target: Target, cause: unknown): UpstreamUnreachableError {
  const words = errorWords(cause);
  const reason = REASONS.find(([pattern]) => pattern.test(words))?.[1] ?? "connection failed";
  const tls = reason === TLS_FAILED;
  const hint = tls ? ": check base_url, or set ca_cert to the certificate of a private CA" : "";
  return new UpstreamUnreachableError(`Cannot reach target '${target.name}': ${reason}${hint}`, {
    cause,
    // An upstream that began to answer has the request.
    connectionFailed: !tls && reason !== NO_HTTP,
    ...(tls ? { headers: { "x-should-retry": "false" } } : {}),
  });
}

function errorWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The URL is part of the message, and its host may hold any of the words looked for.
  const own = error.message.replace(/\(https?:[^)]*\)|https?:\S+/g, "");
  return error.cause ? `${own} ${errorWords(error.cause)}` : own;
}

function seconds(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000} s` : `${milliseconds} ms`;
}
