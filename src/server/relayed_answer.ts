import { PING_EVENT } from "../anthropic/sse_sink.ts";
import { StreamTracker } from "../anthropic/stream_tracker.ts";
import { concatBytes } from "../bytes.ts";
import { UpstreamProtocolError } from "../errors.ts";
import { SseDecoder } from "../framing/sse.ts";
import { tryParseJson } from "../json.ts";
import { mapErrorObject } from "../translators/common/failure.ts";
import type { RelayTranslator, StreamRepairer } from "../translators/translator.ts";
import type { Turn } from "../translators/turn.ts";
import { BodyReader } from "../upstream/body.ts";
import type { UpstreamResponse } from "../upstream/http.ts";
import type { Exchange } from "../upstream/transport.ts";
import { type AnswerSource, NOTHING } from "./answer_source.ts";
import type { Tokens } from "./record.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How long to wait for the end of the stream, once the message in it has ended. */
const AFTER_STOP_MS = 1_000;

/** What a relayed answer is made of. */
export interface RelayParts {
  readonly turn: Turn;
  readonly translator: RelayTranslator;
  readonly exchange: Exchange;
  /** Asks the upstream; throws if its answer is no success. */
  readonly connect: () => Promise<UpstreamResponse>;
}

/**
 * An Anthropic stream as it came, byte for byte; for endpoints known to break the grammar, and
 * for answers that are no stream, mended.
 *
 * What ends without `message_stop` or `error` is an error, so that a cut never looks finished.
 */
export class RelayedAnswer implements AnswerSource {
  readonly #parts: RelayParts;
  readonly #tracker = new StreamTracker();
  readonly #text = new TextDecoder();
  #reader: BodyReader | undefined;
  #repair: StreamRepairer | undefined;
  #committed = false;
  #over = false;
  #head: Uint8Array<ArrayBuffer>[] = [];
  #last: Uint8Array<ArrayBuffer> = NOTHING;

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  get committed(): boolean {
    return this.#committed;
  }

  get ended(): boolean {
    return this.#tracker.finished || this.#tracker.failed;
  }

  get canPing(): boolean {
    return this.#tracker.atBoundary;
  }

  get tokens(): Tokens | undefined {
    const usage = this.#tracker.usage;
    return usage && {
      input: usage.inputTokens,
      cacheRead: usage.cacheReadTokens,
      cacheCreation: usage.cacheCreationTokens,
      output: usage.outputTokens,
    };
  }

  commit(): Uint8Array<ArrayBuffer> {
    this.#committed = true;
    const ping = this.#tracker.atBoundary ? encoder.encode(PING_EVENT) : NOTHING;
    return concatBytes([...this.#head.splice(0), ping]);
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#over) return undefined;
    this.#reader ??= await this.#open();
    const bytes = await this.#reader.read();
    if (!bytes) return this.#end();
    const out = this.#pass(
      this.#repair
        ? encoder.encode(this.#repair.push(this.#text.decode(bytes, { stream: true })))
        // The reader's buffer is written to again.
        : bytes.slice(),
    );
    if (this.ended) {
      this.#over = true;
      this.#reader.drain(AFTER_STOP_MS);
    }
    return out;
  }

  rest(): Uint8Array<ArrayBuffer> {
    const rest = concatBytes([this.#last, encoder.encode(this.#tracker.end())]);
    this.#last = NOTHING;
    return rest;
  }

  abort(): void {
    this.#parts.exchange.abort();
  }

  async #open(): Promise<BodyReader> {
    const { turn, translator, exchange, connect } = this.#parts;
    const response = await connect();
    const isStream = /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
    if (turn.profile.repair_sse || !isStream) this.#repair = translator.createRepair(turn);
    return new BodyReader(response.body, exchange);
  }

  /** Holds the bytes back until the answer began: an error in place of it is an HTTP error. */
  #pass(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.#tracker.push(bytes);
    if (this.#committed) return bytes;
    this.#head.push(bytes);
    if (this.#tracker.failed && !this.#tracker.started) throw this.#earlyError();
    if (!this.#tracker.started) return NOTHING;
    this.#committed = true;
    return concatBytes(this.#head.splice(0));
  }

  #end(): Uint8Array<ArrayBuffer> {
    const tail = this.#repair
      ? this.#pass(encoder.encode(this.#repair.push(this.#text.decode()) + this.#repair.end()))
      : NOTHING;
    const last = concatBytes([tail, encoder.encode(this.#tracker.end())]);
    this.#over = true;
    if (this.ended) {
      if (this.#tracker.failed && !this.#committed) throw this.#earlyError();
      this.#parts.exchange.close();
      return last;
    }
    this.#last = last;
    throw new UpstreamProtocolError(
      `Target '${this.#parts.turn.target.name}' closed the stream before it was complete`,
    );
  }

  #earlyError(): Error {
    let data = "";
    const frames = new SseDecoder((text) => data = text);
    frames.push(decoder.decode(concatBytes(this.#head)));
    frames.end();
    return mapErrorObject(tryParseJson(data) ?? data, this.#parts.turn);
  }
}
