/** One HTTP request to an upstream. */
export interface HttpCall {
  readonly url: string;
  readonly headers: Headers;
  /** In pieces: a body of megabytes would need as much again to be put together. */
  readonly body: readonly Uint8Array<ArrayBuffer>[];
}

/** The body of an answer, read piece by piece. */
export interface UpstreamBody {
  /**
   * The next bytes, valid until the next call; undefined at the end.
   *
   * @throws {Error} If the connection breaks, or the body was cancelled.
   */
  read(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Ends the answer, because nobody wants what may be left of it. */
  cancel(): void;
}

/** An upstream's answer, once its head has come. */
export interface UpstreamResponse {
  readonly status: number;
  /** True for a status of 2xx. */
  readonly ok: boolean;
  readonly headers: Headers;
  readonly body: UpstreamBody;
}

/** What a call needs to know besides its request. */
export interface SendOptions {
  /** A certificate to trust besides the system's, in PEM. */
  readonly caCert: string | undefined;
  /** True if a connection failed before: this time it is a new one. */
  readonly isRetry: boolean;
  /** Called when there is a connection, or nobody can tell. */
  readonly onConnected: () => void;
}

/** A way to send one request. */
export interface HttpSender {
  /**
   * Posts a request, follows no redirect, and waits for the head of the answer.
   *
   * @throws {Error} If there is none, as the runtime words it.
   */
  send(call: HttpCall, options: SendOptions): Promise<UpstreamResponse>;
  /** Ends the call at whatever point it is. Does nothing to one whose answer was read to its end. */
  cancel(): void;
}
