import { UpstreamUnreachableError } from "../errors.ts";
import type { Target } from "../target.ts";

/** One HTTP request to an upstream. */
export interface HttpCall {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** Why an exchange was ended from this side. */
class ClientGone extends Error {
  override readonly name = "ClientGone";
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
  readonly #onClientGone = () => this.abort();
  readonly #total: ReturnType<typeof setTimeout>;
  #failure: UpstreamUnreachableError | undefined;

  constructor(target: Target, clientSignal: AbortSignal) {
    this.target = target;
    this.#clientSignal = clientSignal;
    clientSignal.addEventListener("abort", this.#onClientGone, { once: true });
    if (clientSignal.aborted) this.abort();
    this.#total = setTimeout(
      () => this.giveUp(`did not finish within ${seconds(target.timeouts.totalMs)}`),
      target.timeouts.totalMs,
    );
  }

  /** Why the gateway itself ended the call; undefined while it did not. */
  get failure(): UpstreamUnreachableError | undefined {
    return this.#failure;
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
   */
  async send(call: HttpCall): Promise<Response> {
    const { firstByteMs } = this.target.timeouts;
    const timer = setTimeout(
      () => this.giveUp(`did not answer within ${seconds(firstByteMs)}`),
      firstByteMs,
    );
    try {
      return await this.#fetch(call).catch((error) => {
        if (error instanceof UpstreamUnreachableError && error.connectionFailed) {
          return this.#fetch(call);
        }
        throw error;
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the call because the upstream took too long; its reader gets the error. */
  giveUp(what: string): void {
    this.#failure ??= new UpstreamUnreachableError(`Target '${this.target.name}' ${what}`, {
      status: 504,
      type: "timeout_error",
    });
    this.abort(this.#failure);
  }

  /** Ends the call because nobody reads its answer any more. */
  abort(reason: Error = new ClientGone("The client is gone")): void {
    this.close();
    this.#controller.abort(reason);
  }

  /** Stops the clocks; the answer has been read. */
  close(): void {
    clearTimeout(this.#total);
    this.#clientSignal.removeEventListener("abort", this.#onClientGone);
  }

  /** What a failed read of the answer means. */
  readFailure(cause: unknown): Error {
    if (this.#failure) return this.#failure;
    if (cause instanceof ClientGone) return cause;
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
      if (this.aborted) throw this.#failure ?? cause;
      throw unreachable(this.target, cause);
    }
  }
}

/** What failed, by words of the runtime's error; the error itself may show the URL's query. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/certificate|tls|ssl|handshake/i, "TLS failed"],
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
