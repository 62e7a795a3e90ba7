import { concatBytes } from "../bytes.ts";
import { trusting } from "./clients.ts";
import type { HttpCall, HttpSender, SendOptions, UpstreamBody, UpstreamResponse } from "./http.ts";

/** A default reader would allocate 64 KB for every read. */
const BUFFER_BYTES = 16 * 1024;

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
