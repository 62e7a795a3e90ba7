/** HTTP/1.1 on a raw connection: the load must cost less than what it measures. */

const decoder = new TextDecoder("latin1");
const END_OF_HEAD = [13, 10, 13, 10];

/** Bytes at the end of a message that are kept, to see whether and how it ended. */
const TAIL = 64;

/** One end of a connection that carries one message at a time each way. */
export class HttpConnection {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(64 * 1024);
  /** What was read behind the last head. */
  #rest = new Uint8Array();
  #tail = "";

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    // Small writes would wait for an acknowledgement otherwise.
    connection.setNoDelay(true);
  }

  /** The last bytes of the last body. */
  get tail(): string {
    return this.#tail;
  }

  /** Writes all the bytes. */
  async send(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      rest = rest.subarray(await this.#connection.write(rest));
    }
  }

  /** Reads the head of the next message; undefined if the connection ended instead. */
  async readHead(): Promise<string | undefined> {
    let head = new Uint8Array();
    for (;;) {
      const piece = await this.#read();
      if (!piece) return undefined;
      const joined = new Uint8Array(head.length + piece.length);
      joined.set(head);
      joined.set(piece, head.length);
      const end = findEndOfHead(joined);
      if (end >= 0) {
        this.#rest = joined.subarray(end);
        return decoder.decode(joined.subarray(0, end)).toLowerCase();
      }
      head = joined;
    }
  }

  /**
   * Reads the body behind a head and hands on each piece, valid until the next one; chunks come
   * with their framing.
   */
  async readBody(head: string, onBytes: (piece: Uint8Array) => void): Promise<void> {
    this.#tail = "";
    const isChunked = /\r\ntransfer-encoding: *chunked/.test(head);
    const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
    const endsByClose = !isChunked && length === undefined && head.startsWith("http/");
    let left = isChunked || endsByClose ? Infinity : Number(length ?? 0);
    while (left > 0) {
      const piece = await this.#read();
      if (!piece) {
        if (endsByClose) return;
        throw new Error("Cannot measure: the connection broke off in the middle of a message");
      }
      onBytes(piece);
      left -= piece.length;
      this.#tail = (this.#tail + decoder.decode(piece.subarray(-TAIL))).slice(-TAIL);
      if (isChunked && /(^|\n)0\r\n\r\n$/.test(this.#tail)) return;
    }
  }

  /** Ends the connection; what waits for it fails. */
  close(): void {
    try {
      this.#connection.close();
    } catch {
      // Closed before.
    }
  }

  async #read(): Promise<Uint8Array | undefined> {
    if (this.#rest.length > 0) {
      const rest = this.#rest;
      this.#rest = new Uint8Array();
      return rest;
    }
    const count = await this.#connection.read(this.#buffer);
    return count === null ? undefined : this.#buffer.subarray(0, count);
  }
}

function findEndOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) {
    if (END_OF_HEAD.every((byte, offset) => bytes[at + offset] === byte)) return at + 4;
  }
  return -1;
}
