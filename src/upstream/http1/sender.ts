import type { HttpCall, HttpSender, SendOptions, UpstreamBody, UpstreamResponse } from "../http.ts";
import type { Connection } from "./connection.ts";
import { decodedBody } from "./content_coding.ts";
import { dial, type Origin } from "./dial.ts";
import { ConnectionPool } from "./pool.ts";
import { requestHead } from "./request_head.ts";

/** The connections of this thread. */
const pool = new ConnectionPool();

/** Closes all connections of this thread. */
export function closePool(): void {
  pool.close();
}

const NO_MORE: Promise<undefined> = Promise.resolve(undefined);

/** Sends one request over HTTP/1.1, on a connection that others may have used before. */
export class Http1Sender implements HttpSender, UpstreamBody {
  #dialing: AbortController | undefined;
  /** Undefined once the answer was read to its end: it belongs to others then. */
  #connection: Connection | undefined;

  /** @inheritdoc */
  async send(
    { url, headers, body }: HttpCall,
    { caCert, isRetry, onConnected }: SendOptions,
  ): Promise<UpstreamResponse> {
    const parsed = new URL(url);
    const key = `${parsed.origin} ${caCert ?? ""}`;
    const pooled = isRetry ? undefined : pool.take(key);
    const connection = pooled ?? pool.add(await this.#dial(originOf(parsed, caCert)));
    this.#connection = connection;
    onConnected();
    try {
      const head = await connection.send(
        requestHead(parsed, headers, body.reduce((sum, { length }) => sum + length, 0)),
        body,
        () => this.#release(key, connection),
      );
      const { status } = head;
      const answer = decodedBody(this, head.headers);
      return { status, ok: status >= 200 && status < 300, headers: head.headers, body: answer };
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  /** @inheritdoc */
  read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#connection?.read() ?? NO_MORE;
  }

  /** @inheritdoc */
  cancel(): void {
    this.#dialing?.abort();
    if (this.#connection) pool.discard(this.#connection);
    this.#connection = undefined;
  }

  async #dial(origin: Origin): Promise<Deno.Conn> {
    const { signal } = this.#dialing = new AbortController();
    const conn = await dial(origin, signal);
    this.#dialing = undefined;
    if (!signal.aborted) return conn;
    conn.close();
    throw signal.reason;
  }

  #release(key: string, connection: Connection): void {
    this.#connection = undefined;
    if (connection.isReusable) pool.put(key, connection);
    else pool.discard(connection);
  }
}

function originOf({ protocol, hostname, port }: URL, caCert: string | undefined): Origin {
  const isTls = protocol === "https:";
  return {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port) || (isTls ? 443 : 80),
    isTls,
    caCert,
  };
}
