import { Connection } from "./connection.ts";

/** How long a connection may wait for its next request. Servers close theirs earlier or later. */
const MAX_IDLE_MS = 60_000;

/** Most connections of one origin that wait. */
const MAX_IDLE = 128;

interface Idle {
  readonly connection: Connection;
  readonly until: number;
}

/** All connections to upstreams; those that wait for their next request by their origin. */
export class ConnectionPool {
  readonly #all = new Set<Connection>();
  /** Of each origin, the one that has waited for the longest comes first. */
  readonly #idle = new Map<string, Idle[]>();
  readonly #maxIdleMs: number;
  #sweeper: ReturnType<typeof setTimeout> | undefined;

  constructor(maxIdleMs = MAX_IDLE_MS) {
    this.#maxIdleMs = maxIdleMs;
  }

  /** Takes in a new connection, for a request. */
  add(conn: Deno.Conn): Connection {
    const connection = new Connection(conn);
    this.#all.add(connection);
    return connection;
  }

  /** The connection to an origin that was used last, among those that wait. */
  take(key: string): Connection | undefined {
    return this.#idle.get(key)?.pop()?.connection;
  }

  /** Keeps a connection until somebody takes it or it ends. */
  put(key: string, connection: Connection): void {
    let waiting = this.#idle.get(key);
    if (!waiting) this.#idle.set(key, waiting = []);
    if (waiting.length >= MAX_IDLE) return this.discard(connection);
    waiting.push({ connection, until: performance.now() + this.#maxIdleMs });
    connection.watch(() => this.#drop(key, connection));
    this.#sweepLater();
  }

  /** Closes a connection that is not to be used again. */
  discard(connection: Connection): void {
    connection.close();
    this.#all.delete(connection);
  }

  /** Closes all of them. */
  close(): void {
    clearTimeout(this.#sweeper);
    this.#sweeper = undefined;
    for (const connection of this.#all) this.discard(connection);
    this.#idle.clear();
  }

  #drop(key: string, connection: Connection): void {
    this.discard(connection);
    const waiting = this.#idle.get(key);
    const at = waiting?.findIndex((idle) => idle.connection === connection) ?? -1;
    if (at >= 0) waiting?.splice(at, 1);
  }

  #sweepLater(): void {
    if (this.#sweeper !== undefined) return;
    this.#sweeper = setTimeout(() => this.#sweep(), this.#maxIdleMs);
    Deno.unrefTimer(this.#sweeper);
  }

  #sweep(): void {
    this.#sweeper = undefined;
    const now = performance.now();
    for (const [key, waiting] of this.#idle) {
      const fresh = waiting.filter(({ until }) => until > now);
      for (const { connection, until } of waiting) if (until <= now) this.discard(connection);
      if (fresh.length > 0) this.#idle.set(key, fresh);
      else this.#idle.delete(key);
    }
    if (this.#idle.size > 0) this.#sweepLater();
  }
}
