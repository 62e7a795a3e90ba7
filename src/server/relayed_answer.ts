import { PING_EVENT } from "../anthropic/sse_sink.ts";
import { StreamTracker } from "../anthropic/stream_tracker.ts";
import { UpstreamProtocolError } from "../errors.ts";
import { SseDecoder } from "../framing/sse.ts";
import { tryParseJson } from "../json.ts";
import { mapErrorObject } from "../translators/common/failure.ts";
import type { RelayTranslator, StreamRepairer } from "../translators/translator.ts";
import type { Turn } from "../translators/turn.ts";
import { BodyReader } from "../upstream/body.ts";
import type { Exchange } from "../upstream/transport.ts";
import { type AnswerSource, NOTHING } from "./answer_source.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a relayed answer is made of. */
export interface RelayParts {
  readonly turn: Turn;
  readonly translator: RelayTranslator;
  readonly exchange: Exchange;
  readonly response: Response;
}

/**
 * An Anthropic stream as it came, byte for byte; for endpoints known to break the grammar, mended.
 *
 * What ends without `message_stop` or `error` is an error, so that a cut never looks finished.
 */
export class RelayedAnswer implements AnswerSource {
  readonly exchange: Exchange;
  readonly #turn: Turn;
  readonly #reader: BodyReader;
  readonly #tracker = new StreamTracker();
  readonly #repair: StreamRepairer | undefined;
  readonly #text = new TextDecoder();
  #committed = false;
  #ended = false;
  #head: Uint8Array<ArrayBuffer>[] = [];
  #rest: Uint8Array<ArrayBuffer> = NOTHING;

  constructor({ turn, translator, exchange, response }: RelayParts) {
    this.exchange = exchange;
    this.#turn = turn;
    this.#reader = new BodyReader(response.body, exchange);
    this.#repair = turn.profile.repair_sse ? translator.createRepair(turn) : undefined;
  }

  get committed(): boolean {
    return this.#committed;
  }

  get canPing(): boolean {
    return this.#tracker.atBoundary;
  }

  get tokens(): { readonly input: number; readonly output: number } | undefined {
    const usage = this.#tracker.usage;
    return usage && {
      input: usage.inputTokens + usage.cacheReadTokens + usage.cacheCreationTokens,
      output: usage.outputTokens,
    };
  }

  commit(): void {
    this.#committed = true;
    this.#rest = concat([...this.#head.splice(0)]);
    if (this.#tracker.atBoundary) this.#rest = concat([this.#rest, encoder.encode(PING_EVENT)]);
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await this.#reader.read();
    if (!bytes) return this.#end();
    const out = this.#repair
      ? encoder.encode(this.#repair.push(this.#text.decode(bytes, { stream: true })))
      // The reader's buffer is written to again.
      : bytes.slice();
    return this.#pass(out);
  }

  rest(): Uint8Array<ArrayBuffer> {
    const rest = concat([this.#rest, encoder.encode(this.#tracker.end())]);
    this.#rest = NOTHING;
    return rest;
  }

  /** Holds the bytes back until the answer began: an error in place of it is an HTTP error. */
  #pass(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.#tracker.push(bytes);
    if (this.#committed) return bytes;
    this.#head.push(bytes);
    if (this.#tracker.failed && !this.#tracker.started) throw this.#earlyError();
    if (!this.#tracker.started) return NOTHING;
    this.#committed = true;
    return concat(this.#head.splice(0));
  }

  #end(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#ended) return undefined;
    this.#ended = true;
    const tail = this.#repair
      ? this.#pass(encoder.encode(this.#repair.push(this.#text.decode()) + this.#repair.end()))
      : NOTHING;
    const last = concat([tail, encoder.encode(this.#tracker.end())]);
    if (this.#tracker.finished || this.#tracker.failed) {
      this.exchange.close();
      return last;
    }
    this.#rest = last;
    throw new UpstreamProtocolError(
      `Target '${this.#turn.target.name}' closed the stream before it was complete`,
    );
  }

  #earlyError(): Error {
    let data = "";
    const frames = new SseDecoder((text) => data = text);
    frames.push(decoder.decode(concat(this.#head)));
    frames.end();
    return mapErrorObject(tryParseJson(data) ?? data, this.#turn);
  }
}

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
