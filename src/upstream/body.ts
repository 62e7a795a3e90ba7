import { concatBytes } from "../bytes.ts";
import { UpstreamProtocolError } from "../errors.ts";
import type { UpstreamBody } from "./http.ts";
import type { Exchange } from "./transport.ts";

/** Longest answer that is read whole. */
const MAX_WHOLE_BYTES = 64 * 1024 * 1024;

/** Reads an upstream's body under the clocks of its exchange. */
export class BodyReader {
  readonly #body: UpstreamBody;
  readonly #exchange: Exchange;

  constructor(body: UpstreamBody, exchange: Exchange) {
    this.#body = body;
    this.#exchange = exchange;
  }

  /**
   * The next bytes, or undefined at the end. They are valid until the next call only.
   *
   * @throws {UpstreamUnreachableError} If the connection breaks or a clock runs out.
   */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.#exchange.receiving();
    try {
      const bytes = await this.#body.read();
      this.#exchange.received();
      return bytes;
    } catch (cause) {
      this.#body.cancel();
      throw this.#exchange.readFailure(cause);
    }
  }

  /** Ends the body as if the upstream had: a read that waits gets its end. */
  cancel(): void {
    this.#body.cancel();
  }

  /**
   * Reads on to the end in the background, so that the connection can serve again; what takes
   * longer is not worth it. Ends the exchange.
   */
  drain(maxMs: number): void {
    this.#exchange.hurry(maxMs);
    void this.#readAll();
  }

  async #readAll(): Promise<void> {
    try {
      while (await this.read());
    } catch {
      // Nobody is there to be told.
    }
    this.#exchange.close();
  }

  /**
   * The whole body.
   *
   * @throws {UpstreamProtocolError} If it is longer than 64 MiB.
   */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const { bytes, isWhole } = await this.#collect(MAX_WHOLE_BYTES);
    if (!isWhole) throw new UpstreamProtocolError("The upstream's answer is too long");
    return bytes;
  }

  /**
   * The whole body as text.
   *
   * @throws {UpstreamProtocolError} If it is longer than 64 MiB.
   */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** The beginning of the body as text, and nothing of what comes behind. */
  async head(maxBytes: number): Promise<string> {
    const { bytes } = await this.#collect(maxBytes);
    return new TextDecoder().decode(bytes);
  }

  async #collect(
    maxBytes: number,
  ): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly isWhole: boolean }> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for (let bytes = await this.read(); bytes; bytes = await this.read()) {
      const room = maxBytes - size;
      // A copy: the reader's buffer is written to again.
      pieces.push(bytes.slice(0, room));
      size += Math.min(bytes.length, room);
      if (bytes.length > room) return { bytes: concatBytes(pieces), isWhole: false };
    }
    return { bytes: concatBytes(pieces), isWhole: true };
  }
}
