import { UpstreamProtocolError } from "../errors.ts";
import type { Exchange } from "./transport.ts";

/** Size of the read buffer; a default reader would allocate 64 KB for every read. */
const BUFFER_BYTES = 16 * 1024;

/** Longest answer that is read whole. */
const MAX_WHOLE_BYTES = 64 * 1024 * 1024;

/** Reads an upstream's body into one buffer that is used again and again. */
export class BodyReader {
  readonly #exchange: Exchange;
  readonly #reader: ReadableStreamBYOBReader | undefined;
  #buffer = new ArrayBuffer(BUFFER_BYTES);
  /** When the read that is under way began; undefined while nobody waits for the upstream. */
  #waitingSince: number | undefined;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(body: ReadableStream<Uint8Array> | null, exchange: Exchange) {
    this.#exchange = exchange;
    this.#reader = body?.getReader({ mode: "byob" });
  }

  /** How long the upstream has been silent while somebody waited for it, in milliseconds. */
  get silentMs(): number {
    return this.#waitingSince === undefined ? 0 : performance.now() - this.#waitingSince;
  }

  /**
   * The next bytes, or undefined at the end. They are valid until the next call only.
   *
   * @throws {UpstreamUnreachableError} If the connection breaks or a clock runs out.
   */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!this.#reader) return undefined;
    this.#waitingSince = performance.now();
    this.#idleTimer ??= setTimeout(this.#checkIdle, this.#exchange.target.timeouts.idleMs);
    try {
      const { value, done } = await this.#reader.read(new Uint8Array(this.#buffer));
      if (value) this.#buffer = value.buffer;
      if (!done) return value;
      this.close();
      return undefined;
    } catch (cause) {
      this.close();
      throw this.#exchange.readFailure(cause);
    } finally {
      this.#waitingSince = undefined;
    }
  }

  /** Ends the body as if the upstream had: a read that waits gets its end. */
  cancel(): void {
    this.#reader?.cancel().catch(() => {});
  }

  /** Stops the idle clock; nothing more will be read. */
  close(): void {
    clearTimeout(this.#idleTimer);
  }

  /** One timer a body, wound up again when it runs out too early: reads are too many for one each. */
  readonly #checkIdle = (): void => {
    const { idleMs } = this.#exchange.target.timeouts;
    const left = idleMs - this.silentMs;
    if (left > 0) this.#idleTimer = setTimeout(this.#checkIdle, left);
    else this.#exchange.giveUp(`was silent for ${idleMs / 1000} s`);
  };

  /**
   * The whole body as text.
   *
   * @throws {UpstreamProtocolError} If it is longer than 64 MiB.
   */
  async text(maxBytes = MAX_WHOLE_BYTES): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    let size = 0;
    for (let bytes = await this.read(); bytes; bytes = await this.read()) {
      size += bytes.length;
      if (size > maxBytes) throw new UpstreamProtocolError("The upstream's answer is too long");
      text += decoder.decode(bytes, { stream: true });
    }
    return text + decoder.decode();
  }
}
