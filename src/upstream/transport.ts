import { ClientGoneError, UpstreamUnreachableError } from "../errors.ts";
import type { Target } from "../target.ts";
import { trusting } from "./clients.ts";
import { canConnect } from "./connection.ts";
import { Deadlines } from "./deadlines.ts";

/** A connection attempt that lost its first packet asks again after 1 s; one more time to spare. */
const LONGEST_PROBE_MS = 3_000;

/** One HTTP request to an upstream. */
export interface HttpCall {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/**
 * One call to an upstream, from the request to the last byte of the answer.
 *
 * Owns the clocks and the abort: whoever opened it calls {@link close} when the answer is read,
 * or {@link abort} when nobody wants it any more.
 */
export class Exchange {
  readonly target: Target;
  readonly #controller = new AbortController();
  readonly #clientSignal: AbortSignal;
  readonly #onClientAbort = () => this.abort(reasonOf(this.#clientSignal));
  readonly #deadlines = new Deadlines();
  readonly #idle = this.#deadlines.add(() => {
    this.#giveUp(`was silent for ${seconds(this.target.timeouts.idleMs)}`);
  });
  #cancelBody: () => void = () => {};

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
    return this.#controller.signal.aborted;
  }

  /**
   * Sends the request and waits for the answer's head.
   *
   * A connection that could not be made, or broke before an answer, is tried once more.
   *
   * @throws {UpstreamUnreachableError} If there is no answer in time, or no connection.
   * @throws {ClientGoneError} If the client left before.
   */
  async send(call: HttpCall): Promise<Response> {
    const { connectMs, firstByteMs } = this.target.timeouts;
    const firstByte = this.#deadlines.add(
      () => this.#giveUp(`did not answer within ${seconds(firstByteMs)}`),
      firstByteMs,
    );
    const probeMs = Math.min(LONGEST_PROBE_MS, connectMs / 2);
    const connect = this.#deadlines.add(
      () => void this.#checkConnection(call.url, probeMs),
      connectMs - probeMs,
    );
    try {
      return await this.#fetch(call).catch((error) => {
        if (error instanceof UpstreamUnreachableError && error.connectionFailed) {
          return this.#fetch(call);
        }
        throw error;
      });
    } finally {
      firstByte.at = Infinity;
      connect.at = Infinity;
    }
  }

  /**
   * Names what ends the body when the call is aborted. The signal of `fetch` alone does not: once
   * the `Response` is collected as garbage it aborts nothing (Deno 2.7.11 and 2.9.6, 2026-11).
   */
  onAbort(cancelBody: () => void): void {
    this.#cancelBody = cancelBody;
    if (this.aborted) cancelBody();
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
    if (this.aborted) throw reasonOf(this.#controller.signal);
  }

  /** What a read that failed means. */
  readFailure(cause: unknown): Error {
    this.#idle.at = Infinity;
    if (this.aborted) return reasonOf(this.#controller.signal);
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
    this.#controller.abort(reason);
    this.#cancelBody();
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

  /**
   * `fetch` does not tell whether it waits for a connection or for an answer, so that a call
   * without either is looked at from outside, early enough to be given up in time.
   */
  async #checkConnection(url: string, probeMs: number): Promise<void> {
    if (await canConnect(url, probeMs, this.#controller.signal)) return;
    this.#giveUp(`could not be connected to within ${seconds(this.target.timeouts.connectMs)}`);
  }

  async #fetch({ url, headers, body }: HttpCall): Promise<Response> {
    try {
      return await fetch(url, {
        method: "POST",
        headers,
        body,
        // A redirect would carry the target's key to wherever it points.
        redirect: "manual",
        signal: this.#controller.signal,
        ...trusting(this.target.caCert),
      });
    } catch (cause) {
      if (this.aborted) throw reasonOf(this.#controller.signal);
      throw unreachable(this.target, cause);
    }
  }
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
