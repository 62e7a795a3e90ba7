import { ClientGoneError, UpstreamUnreachableError } from "../errors.ts";
import type { Target } from "../target.ts";
import { canConnect } from "./connection.ts";

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
  readonly #total: ReturnType<typeof setTimeout>;
  #idle: ReturnType<typeof setTimeout> | undefined;
  /** When the read that is under way began; undefined while nobody waits for the upstream. */
  #waitingSince: number | undefined;
  #cancelBody: () => void = () => {};

  /** The signal aborts when the answer is not wanted any more; its reason goes to the reader. */
  constructor(target: Target, clientSignal: AbortSignal) {
    this.target = target;
    this.#clientSignal = clientSignal;
    this.#total = setTimeout(
      () => this.#giveUp(`did not finish within ${seconds(target.timeouts.totalMs)}`),
      target.timeouts.totalMs,
    );
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
    const firstByte = setTimeout(
      () => this.#giveUp(`did not answer within ${seconds(firstByteMs)}`),
      firstByteMs,
    );
    const connect = setTimeout(() => void this.#checkConnection(call.url), connectMs);
    try {
      return await this.#fetch(call).catch((error) => {
        if (error instanceof UpstreamUnreachableError && error.connectionFailed) {
          return this.#fetch(call);
        }
        throw error;
      });
    } finally {
      clearTimeout(firstByte);
      clearTimeout(connect);
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

  /** Waits for a read of the answer; the idle clock runs meanwhile, and only then. */
  async receive<Value>(read: Promise<Value>): Promise<Value> {
    this.#waitingSince = performance.now();
    // One timer a call, wound up again when it runs out too early: reads are too many for one each.
    this.#idle ??= setTimeout(this.#checkIdle, this.target.timeouts.idleMs);
    try {
      const value = await read;
      // A body that was cancelled looks as if it had come to its end.
      if (this.aborted) throw reasonOf(this.#controller.signal);
      return value;
    } catch (cause) {
      throw this.#readFailure(cause);
    } finally {
      this.#waitingSince = undefined;
    }
  }

  /** Ends the call because nobody reads its answer any more; a reader gets the reason. */
  abort(reason: Error = new ClientGoneError()): void {
    this.close();
    this.#controller.abort(reason);
    this.#cancelBody();
  }

  /** Stops the clocks; the answer has been read. */
  close(): void {
    clearTimeout(this.#total);
    clearTimeout(this.#idle);
    this.#clientSignal.removeEventListener("abort", this.#onClientAbort);
  }

  /** Ends the call because the upstream took too long. */
  #giveUp(what: string): void {
    const message = `Target '${this.target.name}' ${what}`;
    this.abort(new UpstreamUnreachableError(message, { status: 504, type: "timeout_error" }));
  }

  readonly #checkIdle = (): void => {
    const { idleMs } = this.target.timeouts;
    const since = this.#waitingSince;
    const left = since === undefined ? idleMs : idleMs - (performance.now() - since);
    // A timer may fire a fraction of a millisecond early.
    if (left > 1) this.#idle = setTimeout(this.#checkIdle, left);
    else this.#giveUp(`was silent for ${seconds(idleMs)}`);
  };

  /**
   * `fetch` does not tell whether it waits for a connection or for an answer, so that a call
   * without either is looked at from outside.
   */
  async #checkConnection(url: string): Promise<void> {
    const { connectMs } = this.target.timeouts;
    if (await canConnect(url, connectMs, this.#controller.signal)) return;
    this.#giveUp(`could not be connected to within ${seconds(connectMs)}`);
  }

  #readFailure(cause: unknown): Error {
    if (this.aborted) return reasonOf(this.#controller.signal);
    return new UpstreamUnreachableError(
      `Target '${this.target.name}' broke the connection in the middle of its answer`,
      { cause },
    );
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

/** What failed, by words of the runtime's error; the error itself may show the URL's query. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/certificate|tls|ssl|handshake|fatal alert|corrupt message/i, "TLS failed"],
  [/dns|resolve|lookup|name or service/i, "its host name cannot be resolved"],
  [/refused/i, "connection refused"],
  [/reset|broken pipe|closed before|unexpected end|eof/i, "connection reset"],
  [/unreachable/i, "network unreachable"],
  [/timed out|timeout/i, "connection timed out"],
];

function unreachable(target: Target, cause: unknown): UpstreamUnreachableError {
  const words = errorWords(cause);
  const reason = REASONS.find(([pattern]) => pattern.test(words))?.[1] ?? "connection failed";
  const tls = reason === "TLS failed";
  const hint = tls ? ": check base_url, or set DENO_CERT to the CA's certificate file" : "";
  return new UpstreamUnreachableError(`Cannot reach target '${target.name}': ${reason}${hint}`, {
    cause,
    connectionFailed: !tls,
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
