import { connect, requestBytes } from "./load_requests.ts";
import type { Orders, Results } from "./loader_client.ts";
import { now, requestBody, STAMP } from "./requests.ts";
import { percentile } from "./statistics.ts";
import type { HttpConnection } from "./wire.ts";

/** Streams that are being opened at the same time. */
const OPENING = 20;

const decoder = new TextDecoder("latin1");
const STAMP_BYTE = STAMP.charCodeAt(0);

/** Many streams that stay open, and the delays of the events on them. */
export class HeldStreams {
  readonly #connections: HttpConnection[] = [];
  #delays: number[] | undefined;
  #failure: unknown;

  /** Opens the streams; done when each had an event. */
  static async open({ endpoint, ask, streams }: Orders["hold"]): Promise<HeldStreams> {
    const held = new HeldStreams();
    const request = requestBytes(endpoint, requestBody(ask));
    let left = streams;
    await Promise.all(Array.from({ length: Math.min(OPENING, streams) }, async () => {
      while (left-- > 0) await held.#open(await connect(endpoint), request);
    }));
    return held;
  }

  /** Collects the delays of all events for a while. */
  async count(forMs: number): Promise<Results["count"]> {
    const delays: number[] = [];
    this.#delays = delays;
    await new Promise((resolve) => setTimeout(resolve, forMs));
    this.#delays = undefined;
    if (this.#failure) throw this.#failure;
    const sorted = Float64Array.from(delays).sort();
    return {
      events: sorted.length,
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
    };
  }

  /** Leaves all streams. */
  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  async #open(connection: HttpConnection, request: Uint8Array): Promise<void> {
    this.#connections.push(connection);
    await connection.send(request);
    const head = await connection.readHead();
    if (!head?.startsWith("http/1.1 200")) {
      throw new Error(`Cannot measure: a stream was answered ${head?.split("\r\n")[0]}`);
    }
    const first = Promise.withResolvers<void>();
    const stamps = new StampReader((time) => {
      first.resolve();
      this.#delays?.push(now() - time);
    });
    const closed = new Error("Cannot measure: a stream ended too early");
    connection.readBody(head, (piece) => stamps.push(piece))
      .then(() => {
        this.#failure = closed;
        first.reject(closed);
      })
      // Closed by this side.
      .catch(() => first.reject(closed));
    await first.promise;
  }
}

/** Finds the times at which events were sent in the bytes of a stream, however they are cut. */
export class StampReader {
  readonly #onStamp: (time: number) => void;
  #begun = "";

  constructor(onStamp: (time: number) => void) {
    this.#onStamp = onStamp;
  }

  /** Takes the next bytes. */
  push(piece: Uint8Array): void {
    let at = this.#begun === "" ? piece.indexOf(STAMP_BYTE) : 0;
    while (at >= 0) {
      const end = piece.indexOf(0x20, at);
      const text = decoder.decode(piece.subarray(at, end < 0 ? undefined : end));
      // A read may end in the middle of a stamp.
      this.#begun += text;
      if (end < 0) return;
      this.#onStamp(Number(this.#begun.slice(STAMP.length)));
      this.#begun = "";
      at = piece.indexOf(STAMP_BYTE, end);
    }
  }
}
