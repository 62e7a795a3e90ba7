import { NO_USAGE } from "../anthropic/message.ts";
import type { MessageEnd, MessageSink } from "../anthropic/sink.ts";
import { SseSink } from "../anthropic/sse_sink.ts";
import { MessageWriter } from "../anthropic/writer.ts";
import { encodeText } from "../bytes.ts";
import { type FailureAnswer, UpstreamError, UpstreamProtocolError } from "../errors.ts";
import { createFrames, type FrameDecoder, type Framing } from "../framing/frames.ts";
import { estimateTokens } from "../tokens/estimate.ts";
import type { ConvertingTranslator, StreamTranslator } from "../translators/translator.ts";
import type { Turn } from "../translators/turn.ts";
import { BodyReader } from "../upstream/body.ts";
import type { UpstreamResponse } from "../upstream/http.ts";
import type { Exchange } from "../upstream/transport.ts";
import { type AnswerSource, NOTHING } from "./answer_source.ts";
import type { Tokens } from "./record.ts";

/** How long to wait for usage or the end of the stream, once the answer itself has ended. */
const AFTER_DONE_MS = 1_000;
const AFTER_FINISH_MS = 5_000;

/** What an answer is made of. */
export interface AnswerParts {
  readonly turn: Turn;
  readonly translator: ConvertingTranslator;
  readonly exchange: Exchange;
  readonly emulatedStops: readonly string[];
  /** Asks the upstream; throws if its answer is no success. */
  readonly connect: () => Promise<UpstreamResponse>;
}

/**
 * Drives one upstream answer through its translator: bytes → frames → machine → sink.
 *
 * The sink decides what comes out: Server-Sent Events, or one folded message.
 */
export class AnswerPump {
  readonly writer: MessageWriter;
  readonly #turn: Turn;
  readonly #exchange: Exchange;
  /** Gone once the upstream was asked: the whole request goes with it, and streams live long. */
  #connect: AnswerParts["connect"] | undefined;
  readonly #framing: Framing;
  readonly #machine: StreamTranslator;
  readonly #frames: FrameDecoder;
  #reader: BodyReader | undefined;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  #atEnd = false;

  constructor(parts: AnswerParts, sink: MessageSink) {
    const { turn, translator, exchange, emulatedStops } = parts;
    this.#turn = turn;
    this.#exchange = exchange;
    this.#connect = parts.connect;
    this.#framing = translator.framing;
    this.writer = new MessageWriter(sink, {
      model: turn.request.model,
      stopSequences: emulatedStops,
      hideThinking: turn.hideThinking,
    });
    this.#machine = translator.createStream(turn, this.writer);
    this.#frames = createFrames(
      translator.framing,
      (data, event) => this.#machine.push(data, event),
    );
  }

  /**
   * Reads once and translates it; the message has ended when this returns false.
   *
   * @throws {GatewayError} If the upstream fails, breaks its protocol or stops too early.
   */
  async step(): Promise<boolean> {
    try {
      this.#reader ??= await this.#open();
      const bytes = await this.#reader.read();
      if (bytes) {
        this.#frames.push(bytes);
      } else {
        this.#atEnd = true;
        this.#frames.end();
      }
      const { complete, hasUsage, finishing } = this.#machine;
      const over = this.#atEnd || (complete && hasUsage) || this.writer.matchedStop !== undefined;
      if (over) await this.#finish(this.#reader);
      else if (finishing) this.#waitBriefly(complete ? AFTER_DONE_MS : AFTER_FINISH_MS);
      return !over;
    } catch (error) {
      this.#answerInstead(error);
      return false;
    }
  }

  /**
   * Translates a whole answer that is no stream, although it may look like one.
   *
   * @throws {GatewayError} As {@link step} does.
   */
  async whole(): Promise<void> {
    try {
      await this.#whole();
    } catch (error) {
      this.#answerInstead(error);
    }
  }

  /** Stops all clocks of this answer that are not the exchange's. */
  close(): void {
    clearTimeout(this.#graceTimer);
  }

  async #whole(): Promise<void> {
    this.#reader ??= await this.#open();
    const bytes = await this.#reader.bytes();
    const text = new TextDecoder().decode(bytes);
    this.#atEnd = true;
    if (/^\s*[[{]/.test(text)) {
      this.#machine.pushWhole(parseWhole(text));
    } else {
      this.#frames.push(bytes);
      this.#frames.end();
    }
    await this.#finish(this.#reader);
  }

  async #open(): Promise<BodyReader> {
    const answer = this.#connect?.();
    this.#connect = undefined;
    if (!answer) throw new TypeError("The upstream was asked before");
    const { headers, body } = await answer;
    // Binary streams hold no id of the answer.
    const id = this.#framing === "aws_event_stream" && headers.get("x-amzn-requestid");
    if (id) this.writer.identify(id);
    return new BodyReader(body, this.#exchange);
  }

  async #finish(reader: BodyReader): Promise<void> {
    const exchange = this.#exchange;
    const { request, profile } = this.#turn;
    const inputTokens = this.#machine.hasUsage ? 0 : await estimateTokens(request, profile);
    this.#machine.end({ inputTokens, outputTokens: this.writer.estimatedTokens });
    this.close();
    if (this.#atEnd) exchange.close();
    else if (this.writer.matchedStop !== undefined) exchange.abort();
    else reader.drain(AFTER_DONE_MS);
  }

  /** Some refusals are better told as a finished message, if nothing was told before. */
  #answerInstead(error: unknown): void {
    const answer = error instanceof UpstreamError ? error.answer : undefined;
    if (!answer || this.writer.hasContent) throw error;
    this.close();
    this.#exchange.abort();
    finishWith(this.writer, answer);
  }

  /** Some servers end their answer and leave the stream open. */
  #waitBriefly(milliseconds: number): void {
    clearTimeout(this.#graceTimer);
    this.#graceTimer = setTimeout(() => this.#reader?.cancel(), milliseconds);
  }
}

/** A translated answer as Server-Sent Events. */
export class TranslatedAnswer implements AnswerSource {
  readonly #exchange: Exchange;
  readonly #sink = new CountingSink();
  readonly #pump: AnswerPump;
  #more = true;

  constructor(parts: AnswerParts) {
    this.#exchange = parts.exchange;
    this.#pump = new AnswerPump(parts, this.#sink);
  }

  get committed(): boolean {
    return this.#pump.writer.started;
  }

  get ended(): boolean {
    return this.#pump.writer.ended;
  }

  /** Events leave this gateway whole. */
  readonly canPing = true;

  get tokens(): Tokens | undefined {
    return this.#sink.tokens;
  }

  commit(): Uint8Array<ArrayBuffer> {
    this.#pump.writer.start();
    return this.rest();
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!this.#more) return undefined;
    this.#more = await this.#pump.step();
    return this.rest();
  }

  rest(): Uint8Array<ArrayBuffer> {
    const out = this.#sink.take();
    return out === "" ? NOTHING : encodeText(out);
  }

  abort(): void {
    this.#pump.close();
    this.#exchange.abort();
  }
}

/** Server-Sent Events, and the totals of the message for the access log. */
class CountingSink extends SseSink {
  tokens: Tokens | undefined;

  override messageEnd(end: MessageEnd): void {
    this.tokens = countTokens(end);
    super.messageEnd(end);
  }
}

/** The token counts of a message. */
export function countTokens(
  { usage }: Pick<MessageEnd, "usage">,
): Tokens {
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = usage;
  return {
    input: input_tokens,
    cacheRead: cache_read_input_tokens,
    cacheCreation: cache_creation_input_tokens,
    output: usage.output_tokens,
  };
}

/** Writes a message that has an end and nothing else. */
export function finishWith(
  writer: MessageWriter,
  { stopReason, explanation }: FailureAnswer,
): void {
  const stopDetails = stopReason === "refusal"
    ? { type: "refusal" as const, category: null, explanation: explanation || null }
    : null;
  writer.finish(stopReason, NO_USAGE, { stopDetails });
}

function parseWhole(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UpstreamProtocolError("The upstream's answer is not valid JSON", { cause });
  }
}
