import { concatBytes } from "../bytes.ts";
import { trusting } from "./clients.ts";
import type { HttpCall, HttpSender, SendOptions, UpstreamBody, UpstreamResponse } from "./http.ts";

/** `fetch` reads the environment when it is first used, and so does this. */
const PROXY_VARIABLES = ["http_proxy", "https_proxy", "all_proxy"] as const;

/** A default reader would allocate 64 KB for every read. */
const BUFFER_BYTES = 16 * 1024;

let isTraced = false;
let needsFetch: boolean | undefined;

/** Tells that the runtime traces: then calls go the way that it sees. */
export function letRuntimeTrace(): void {
  isTraced = true;
}

/** What a server says that speaks HTTP/2 only to who offers HTTP/1.1. */
const HTTP2_ONLY = /NoApplicationProtocol/;

/** Origins that speak HTTP/2 only. */
const http2Origins = new Set<string>();

/** Learns from a failure whether only `fetch` can reach that origin; true if so. */
export function learnHttp2(url: string, failure: unknown): boolean {
  if (!(failure instanceof Error) || !HTTP2_ONLY.test(failure.message)) return false;
  http2Origins.add(new URL(url).origin);
  return true;
}

/** True where only `fetch` can do it: it knows proxies and HTTP/2, and is traced. */
export function wantsFetch(url: string): boolean {
  needsFetch ??= PROXY_VARIABLES.some((name) => {
    return Boolean(Deno.env.get(name) ?? Deno.env.get(name.toUpperCase()));
  });
  return needsFetch || isTraced ||
    (http2Origins.size > 0 && http2Origins.has(new URL(url).origin));
}

/** Sends one request by `fetch`. */
export class FetchSender implements HttpSender, UpstreamBody {
  readonly #controller = new AbortController();
  #reader: ReadableStreamBYOBReader | undefined;
  #buffer = new ArrayBuffer(BUFFER_BYTES);

  /** @inheritdoc */
  async send(
    { url, headers, body }: HttpCall,
    { caCert, onConnected }: SendOptions,
  ): Promise<UpstreamResponse> {
    // It does not tell whether it waits for a connection or for an answer.
    onConnected();
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: concatBytes(body),
      // A redirect would carry the target's key to wherever it points.
      redirect: "manual",
      signal: this.#controller.signal,
      ...trusting(caCert),
    });
    this.#reader = response.body?.getReader({ mode: "byob" });
    const { status, ok } = response;
    return { status, ok, headers: response.headers, body: this };
  }

  /** @inheritdoc */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!this.#reader) return undefined;
    const { value, done } = await this.#reader.read(new Uint8Array(this.#buffer));
    if (!value) return undefined;
    this.#buffer = value.buffer;
    return done ? undefined : value;
  }

  /**
   * Once the `Response` is collected as garbage, the signal of `fetch` alone aborts nothing (Deno
   * 2.7.11 and 2.9.6, 2026-11).
   *
   * @inheritdoc
   */
  cancel(): void {
    this.#controller.abort();
    this.#reader?.cancel().catch(() => {});
  }
}
