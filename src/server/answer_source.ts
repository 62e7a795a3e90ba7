import type { Tokens } from "./record.ts";

/** The bytes of one streamed answer as they become ready for the client. */
export interface AnswerSource {
  /** True once something meaningful came: the client may be told that all is well. */
  readonly committed: boolean;
  /** True once the message, or an error in its place, was told to its end: nothing may follow. */
  readonly ended: boolean;
  /** True where a `ping` may stand: between two events. */
  readonly canPing: boolean;
  /** Begins the answer though nothing came yet; returns what may be sent. */
  commit(): Uint8Array<ArrayBuffer>;
  /**
   * Reads once from the upstream, which the first call asks. Returns bytes for the client, which
   * may be none yet, or undefined at the end of a finished message.
   *
   * @throws {GatewayError} If the upstream cannot answer, or its answer broke off.
   */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** What has to be sent before an `error` event, after {@link next} threw or in its place. */
  rest(): Uint8Array<ArrayBuffer>;
  /** Ends the upstream's call and all clocks: nobody reads on. */
  abort(): void;
  /** Token counts for the access log, as far as they are known. */
  readonly tokens: Tokens | undefined;
}

/** No bytes. */
export const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);
