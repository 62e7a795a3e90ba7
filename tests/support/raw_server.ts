const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/** One connection to a {@link RawServer}, as its script sees it. */
export class RawConnection {
  readonly #conn: Deno.Conn;
  #unread = "";

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** The next request whole, each byte a character; undefined once the client has hung up. */
  async request(): Promise<string | undefined> {
    for (;;) {
      const end = this.#unread.indexOf("\r\n\r\n");
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#unread)?.[1] ?? 0);
      if (end >= 0 && this.#unread.length >= end + 4 + length) {
        const request = this.#unread.slice(0, end + 4 + length);
        this.#unread = this.#unread.slice(request.length);
        return request;
      }
      if (!await this.#read()) return undefined;
    }
  }

  /** Waits until the head of a request is there, and leaves the rest unread. */
  async head(): Promise<void> {
    while (!this.#unread.includes("\r\n\r\n") && await this.#read());
  }

  /** What comes next, whatever it is. */
  async piece(): Promise<string> {
    await this.#read();
    return this.#unread;
  }

  async write(piece: string | Uint8Array): Promise<void> {
    const bytes = typeof piece === "string" ? encoder.encode(piece) : piece;
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  /** Settles when the client hangs up; what it sends until then is dropped. */
  async ended(): Promise<void> {
    while (await this.#read());
  }

  async #read(): Promise<boolean> {
    const buffer = new Uint8Array(64 * 1024);
    const count = await this.#conn.read(buffer).catch(() => null);
    if (count === null) return false;
    this.#unread += decoder.decode(buffer.subarray(0, count));
    return true;
  }
}

/** What a server does on each of its connections, counted from 1; each is closed when it returns. */
export type ConnectionScript = (connection: RawConnection, index: number) => Promise<void>;

/** A server of raw bytes, each connection under a script. */
export class RawServer implements AsyncDisposable {
  readonly url: string;
  readonly #listener: Deno.Listener;
  readonly #conns = new Set<Deno.Conn>();
  readonly #running: Promise<void>[] = [];
  readonly #over: Promise<void>;

  constructor(script: ConnectionScript, listener?: Deno.Listener) {
    this.#listener = listener ?? Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.url = `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
    this.#over = this.#serve(script);
  }

  /** Connections that were ever made. */
  get connections(): number {
    return this.#running.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) conn.close();
    await this.#over;
    await Promise.all(this.#running);
  }

  async #serve(script: ConnectionScript): Promise<void> {
    try {
      for await (const conn of this.#listener) this.#running.push(this.#run(script, conn));
    } catch {
      // The listener was closed.
    }
  }

  async #run(script: ConnectionScript, conn: Deno.Conn): Promise<void> {
    this.#conns.add(conn);
    try {
      await script(new RawConnection(conn), this.#running.length + 1);
    } catch {
      // The client, or the test, is gone.
    }
    if (this.#conns.delete(conn)) {
      try {
        conn.close();
      } catch {
        // The test has closed it.
      }
    }
  }
}
