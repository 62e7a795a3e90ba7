import type { StopReason } from "../../anthropic/message.ts";
import type { MessageWriter } from "../../anthropic/writer.ts";
import { UpstreamError, UpstreamProtocolError } from "../../errors.ts";
import { isObject, type JsonObject, nonEmptyString, tryParseJson } from "../../json.ts";
import { mapErrorObject } from "../common/failure.ts";
import { splitStops } from "../common/output_limit.ts";
import { PayloadReader } from "../common/payloads.ts";
import type { RepeatedShape } from "../common/repeated_payload.ts";
import { estimatedUsage } from "../common/usage.ts";
import type { StreamTranslator, UsageEstimate } from "../translator.ts";
import type { Turn } from "../turn.ts";
import { Answer } from "./answer.ts";
import {
  type Ending,
  guardrailReason,
  mapEnding,
  mapStopReason,
  mapUsage,
  matchedStop,
} from "./map.ts";

/** In what the deltas of one stream differ; AWS pads each of them to hide its length. */
const DELTA_SHAPE: RepeatedShape = {
  texts: [["delta", "text"], ["delta", "toolUse", "input"], ["delta", "reasoningContent", "text"]],
  ignored: ["p"],
};

/**
 * Translates the events of a ConverseStream, or one whole Converse answer, into an Anthropic
 * message.
 *
 * `event` is the frame's `:event-type`, or `exception:` and `error:` with the type or code of one;
 * a payload without it is a whole answer. Holds only what must survive from one event to the next.
 *
 * @see {@link https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html}
 */
export class ConverseStream implements StreamTranslator {
  readonly #turn: Turn;
  readonly #writer: MessageWriter;
  readonly #payloads: PayloadReader;
  readonly #answer: Answer;
  #ending: Ending | "unknown" | undefined;
  #stopSequence: string | undefined;
  #metadata: JsonObject | undefined;

  constructor(turn: Turn, writer: MessageWriter) {
    this.#turn = turn;
    this.#writer = writer;
    this.#payloads = new PayloadReader(turn, writer, DELTA_SHAPE);
    this.#answer = new Answer(turn, writer);
  }

  get finishing(): boolean {
    return this.#ending !== undefined;
  }

  /** The two last events come in either order. */
  get complete(): boolean {
    return this.finishing && this.#metadata !== undefined;
  }

  get hasUsage(): boolean {
    return isObject(this.#metadata?.usage);
  }

  push(data: string, event?: string): void {
    // What still comes behind a stop sequence depends on how the network cut the stream.
    if (this.#writer.matchedStop !== undefined) return;
    if (event === undefined) return this.#pushText(data);
    const [, kind, type] = /^(exception|error):(.*)$/s.exec(event) ?? [];
    if (kind !== undefined) return this.#fail(type ?? "", data);
    const payload = this.#payloads.read(data, event);
    if (payload) this.#push(payload, event);
  }

  pushWhole(body: unknown): void {
    if (!isObject(body)) throw new UpstreamProtocolError("The upstream's answer is not an object");
    const message = isObject(body.output) ? body.output.message : undefined;
    if (!isObject(message) || !Array.isArray(message.content)) {
      const isError = [body.message, body.Message, body.__type, body.error].some(Boolean);
      if (isError) throw mapErrorObject(body, this.#turn);
      throw new UpstreamProtocolError("The upstream's answer has no output");
    }
    message.content.forEach((block: unknown, index) => {
      if (isObject(block)) this.#answer.addWhole(index, block);
    });
    this.#metadata = body;
    this.#stop(body);
  }

  end(estimate: UsageEstimate): void {
    if (this.#writer.matchedStop === undefined) this.#finishBlocks();
    const usage = this.#metadata && isObject(this.#metadata.usage)
      ? mapUsage(this.#metadata.usage, this.#metadata.serviceTier)
      : estimatedUsage(estimate, { turn: this.#turn, writer: this.#writer });
    const stopReason = this.#stopReason();
    this.#writer.finish(stopReason, usage, {
      stopSequence: stopReason === "stop_sequence" ? this.#stopSequence ?? null : null,
      stopDetails: stopReason === "refusal"
        ? {
          type: "refusal",
          category: null,
          explanation: guardrailReason(this.#metadata?.trace) ?? null,
        }
        : null,
    });
  }

  /** Something in front of the API answered a stream with JSON. */
  #pushText(data: string): void {
    if (data.trim() === "") return;
    const body = tryParseJson(data);
    if (body === undefined) throw mapErrorObject(data, this.#turn);
    this.pushWhole(body);
  }

  #push(payload: JsonObject, event: string): void {
    const { contentBlockIndex: index } = payload;
    switch (event) {
      case "messageStart":
        return this.#writer.start();
      case "contentBlockStart":
        return this.#answer.begin(index, isObject(payload.start) ? payload.start : {});
      case "contentBlockDelta":
        return this.#answer.add(index, isObject(payload.delta) ? payload.delta : {});
      case "contentBlockStop":
        return this.#answer.stop(index);
      case "messageStop":
        return this.#stop(payload);
      case "metadata":
        this.#metadata = payload;
    }
  }

  #stop({ stopReason, additionalModelResponseFields: fields }: JsonObject): void {
    const reason = nonEmptyString(stopReason) ?? "";
    this.#ending = mapEnding(reason) ?? "unknown";
    if (this.#ending === "unknown") this.#turn.warn("the upstream sent an unknown stopReason");
    const { sent } = splitStops(this.#turn);
    // Where only one was asked for, it was that one.
    this.#stopSequence = matchedStop(fields) ?? (sent.length === 1 ? sent[0] : undefined);
  }

  /** An exception of the stream, which stands for an HTTP error; its payload need not be JSON. */
  #fail(type: string, data: string): void {
    if (this.finishing && this.#answer.isUsable) {
      this.#turn.warn("the upstream sent an error after the end of its answer");
      return;
    }
    const payload = tryParseJson(data);
    const told = isObject(payload) ? payload : { message: data };
    const { message, Message, originalMessage, originalStatusCode: status } = told;
    // What the model itself refused may be the client's fault.
    const isClients = typeof status === "number" && status >= 400 && status < 500;
    throw mapErrorObject({
      ...told,
      __type: type,
      message: nonEmptyString(message) ?? nonEmptyString(Message) ?? originalMessage ?? type,
      ...(isClients ? { status } : {}),
    }, this.#turn);
  }

  #finishBlocks(): void {
    if (this.#ending === undefined) {
      throw new UpstreamProtocolError(
        this.#answer.any
          ? "The upstream closed the stream before it was complete"
          : "The upstream sent an empty answer",
      );
    }
    const malformed = this.#ending === "malformed";
    this.#answer.finish({ truncated: this.#isTruncated(), known: true, malformed });
    if (!malformed) return;
    if (!this.#answer.isUsable) {
      throw new UpstreamError(
        `target '${this.#turn.target.name}': the model wrote what cannot be read`,
        { status: 500, type: "api_error" },
      );
    }
    this.#turn.warn("the upstream's model wrote something that cannot be read");
  }

  #isTruncated(): boolean {
    return this.#ending === "max_tokens" || this.#ending === "refusal" ||
      this.#ending === "model_context_window_exceeded";
  }

  #stopReason(): StopReason {
    const hasCalls = this.#writer.toolBlocks > 0;
    if (this.#ending === "tool_use" && !hasCalls) {
      this.#turn.warn("the upstream announced tool calls and sent none");
    }
    const ending = this.#ending === "unknown" ? undefined : this.#ending;
    return mapStopReason(ending, hasCalls);
  }
}
