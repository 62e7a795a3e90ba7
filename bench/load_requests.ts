import type { Endpoint, Orders, Results } from "./loader_client.ts";
import { requestBody } from "./requests.ts";
import { median } from "./statistics.ts";
import { HttpConnection } from "./wire.ts";

const encoder = new TextEncoder();

/** Opens a connection to where an endpoint is. */
export async function connect({ url }: Endpoint): Promise<HttpConnection> {
  const { hostname, port } = new URL(url);
  return new HttpConnection(await Deno.connect({ hostname, port: Number(port || 80) }));
}

/** The bytes of a request: a POST if it has a body. */
export function requestBytes({ url, headers }: Endpoint, body?: string): Uint8Array {
  const { host, pathname, search } = new URL(url);
  const bytes = encoder.encode(body ?? "");
  const head = [
    `${body === undefined ? "GET" : "POST"} ${pathname}${search} HTTP/1.1`,
    `host: ${host}`,
    ...headers,
    ...(body === undefined ? [] : [
      "content-type: application/json",
      "anthropic-version: 2023-06-01",
      `content-length: ${bytes.length}`,
    ]),
  ];
  const headBytes = encoder.encode(`${head.join("\r\n")}\r\n\r\n`);
  const request = new Uint8Array(headBytes.length + bytes.length);
  request.set(headBytes);
  request.set(bytes, headBytes.length);
  return request;
}

/** A client that keeps its connection as long as the server does. */
class Client {
  readonly #endpoint: Endpoint;
  #connection: HttpConnection | undefined;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Sends a request and reads the answer; its pieces and its last bytes. */
  async exchange(request: Uint8Array, onBytes: (piece: Uint8Array) => void): Promise<string> {
    this.#connection ??= await connect(this.#endpoint);
    const connection = this.#connection;
    await connection.send(request);
    const head = await connection.readHead();
    if (head === undefined || !head.startsWith("http/1.1 200")) {
      throw new Error(`Cannot measure: ${this.#endpoint.url} answered ${head?.split("\r\n")[0]}`);
    }
    await connection.readBody(head, onBytes);
    if (/\r\nconnection: *close/.test(head)) this.close();
    return connection.tail;
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }
}

/** Sends requests, so many at a time; fails if an answer is not whole. */
export async function burst(order: Orders["burst"]): Promise<Results["burst"]> {
  const request = requestBytes(order.endpoint, requestBody(order.ask));
  let left = order.requests;
  const start = performance.now();
  await Promise.all(Array.from({ length: order.concurrency }, async () => {
    const client = new Client(order.endpoint);
    while (left-- > 0) assertWhole(await client.exchange(request, () => {}), order.endpoint);
    client.close();
  }));
  return { tookMs: performance.now() - start };
}

/** Sends requests one after the other; medians of the time to the first event and to the end. */
export async function measureFirstEvents(
  { endpoint, ask, requests }: Orders["firstEvent"],
): Promise<Results["firstEvent"]> {
  const request = requestBytes(endpoint, requestBody(ask));
  const client = new Client(endpoint);
  const firsts: number[] = [];
  const ends: number[] = [];
  for (let at = 0; at < requests; at++) {
    const start = performance.now();
    let first: number | undefined;
    assertWhole(await client.exchange(request, () => first ??= performance.now()), endpoint);
    firsts.push((first ?? NaN) - start);
    ends.push(performance.now() - start);
  }
  client.close();
  return { firstMs: median(firsts), endMs: median(ends) };
}

/** Asks for a small page at intervals, or as soon as a late answer is there. */
export class Poll {
  readonly #polling: Promise<void>;
  #longestMs = 0;
  #isOver = false;

  constructor({ endpoint, everyMs }: Orders["poll"]) {
    this.#polling = this.#poll(endpoint, everyMs);
    // The end tells.
    this.#polling.catch(() => {});
  }

  /** Waits for the last answer; the longest time of one. */
  async end(): Promise<Results["pollEnd"]> {
    this.#isOver = true;
    await this.#polling;
    return { longestMs: this.#longestMs };
  }

  async #poll(endpoint: Endpoint, everyMs: number): Promise<void> {
    const request = requestBytes(endpoint);
    const client = new Client(endpoint);
    while (!this.#isOver) {
      const start = performance.now();
      await client.exchange(request, () => {});
      const tookMs = performance.now() - start;
      this.#longestMs = Math.max(this.#longestMs, tookMs);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, everyMs - tookMs)));
    }
    client.close();
  }
}

function assertWhole(tail: string, { url }: Endpoint): void {
  if (tail.includes("[DONE]") || tail.includes("message_stop")) return;
  throw new Error(`Cannot measure: the answer of ${url} is not whole: ${JSON.stringify(tail)}`);
}
