import type { Exchange } from "../upstream/transport.ts";

/** The bytes of one streamed answer as they become ready for the client. */
export interface AnswerSource {
  readonly exchange: Exchange;
  /** True once something meaningful came: the client may be told that all is well. */
  readonly committed: boolean;
  /** True where a `ping` may stand: between two events. */
  readonly canPing: boolean;
  /** Begins the answer though nothing came yet; returns what may be sent. */
  commit(): void;
  /**
   * Reads once from the upstream. Returns bytes for the client, which may be none yet, or
   * undefined at the end of a finished message.
   *
   * @throws {GatewayError} If the answer broke off; what was ready before is in {@link rest}.
   */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Bytes that were ready when {@link next} threw or {@link commit} was called. */
  rest(): Uint8Array<ArrayBuffer>;
  /** Token counts for the access log, as far as they are known. */
  readonly tokens: { readonly input: number; readonly output: number } | undefined;
}

/** No bytes. */
export const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);
