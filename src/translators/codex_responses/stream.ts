import type { MessageWriter } from "../../anthropic/writer.ts";
import { UpstreamError, UpstreamProtocolError } from "../../errors.ts";
import { isObject, type JsonObject, nonEmptyString } from "../../json.ts";
import { mapErrorObject } from "../common/failure.ts";
import { isDone, PayloadReader } from "../common/payloads.ts";
import { estimatedUsage } from "../common/usage.ts";
import type { StreamTranslator, UsageEstimate } from "../translator.ts";
import type { Turn } from "../turn.ts";
import { changeItem } from "./item_events.ts";
import { itemPlace } from "./keyed_items.ts";
import { type Ending, mapEnding, mapStopReason, mapUsage } from "./map.ts";
import { Output } from "./output.ts";
import { EVENT_SHAPE, eventError, objectsOf, type ResponsesEvent } from "./wire.ts";

/**
 * Translates the events of a Responses stream, or one whole response, into an Anthropic message.
 *
 * Holds only what must survive from one event to the next.
 *
 * @see {@link https://platform.openai.com/docs/api-reference/responses-streaming}
 */
export class ResponsesStream implements StreamTranslator {
  readonly #turn: Turn;
  readonly #writer: MessageWriter;
  readonly #payloads: PayloadReader;
  readonly #output: Output;
  #usage: JsonObject | undefined;
  #serviceTier: unknown;
  #ending: Ending | undefined;
  #done = false;

  constructor(turn: Turn, writer: MessageWriter) {
    this.#turn = turn;
    this.#writer = writer;
    this.#payloads = new PayloadReader(turn, writer, EVENT_SHAPE);
    this.#output = new Output(turn, writer);
  }

  get complete(): boolean {
    return this.#done || this.#ending !== undefined;
  }

  get finishing(): boolean {
    return this.complete;
  }

  get hasUsage(): boolean {
    return this.#usage !== undefined;
  }

  push(data: string, event?: string): void {
    if (isDone(data)) {
      this.#done = true;
      return;
    }
    const payload = this.#payloads.read(data, event);
    if (payload) this.#push(payload, event);
  }

  pushWhole(body: unknown): void {
    const whole = Array.isArray(body) ? body[0] : body;
    if (!isObject(whole)) throw new UpstreamProtocolError("The upstream's answer is not an object");
    const error = eventError(whole, undefined);
    if (error) throw mapErrorObject(error, this.#turn);
    const response = isObject(whole.response) ? whole.response : whole;
    if (!Array.isArray(response.output) && response.status === undefined) {
      throw new UpstreamProtocolError("The upstream's answer has no output");
    }
    this.#end(response, response.status);
  }

  end(estimate: UsageEstimate): void {
    this.#assertComplete();
    const known = this.#ending !== undefined;
    const ending = this.#ending ?? "end_turn";
    // Behind a stop sequence nothing counts: whatever came with it is not the answer any more.
    if (this.#writer.matchedStop === undefined) {
      this.#output.finish({ truncated: ending !== "end_turn", known });
    }
    const usage = this.#usage
      ? mapUsage(this.#usage, this.#serviceTier)
      : estimatedUsage(estimate, { turn: this.#turn, writer: this.#writer });
    const refusal = this.#output.refusal;
    const stopReason = mapStopReason(ending, {
      refused: refusal !== undefined,
      hasCalls: this.#writer.toolBlocks > 0,
      callCut: this.#output.callCut,
    });
    this.#writer.finish(stopReason, this.#output.count(usage), {
      stopDetails: stopReason === "refusal"
        ? { type: "refusal", category: null, explanation: refusal ?? null }
        : null,
    });
  }

  #push(chunk: ResponsesEvent, event: string | undefined): void {
    const error = eventError(chunk, event);
    if (error) return this.#fail(error);
    if (this.complete || this.#writer.matchedStop !== undefined) return;
    const type = nonEmptyString(chunk.type) ?? event ?? "";
    if (isObject(chunk.response)) this.#response(chunk.response, type);
    // Some relays send the whole response as their only event.
    else if (chunk.object === "response") this.#response(chunk, `response.${chunk.status}`);
    else this.#item(chunk, type);
  }

  #fail(error: unknown): void {
    if (this.complete && this.#writer.hasContent) {
      this.#turn.warn("the upstream sent an error after the end of its answer");
      return;
    }
    throw mapErrorObject(error, this.#turn);
  }

  /** Events about the response as a whole. */
  #response(response: JsonObject, type: string): void {
    const id = nonEmptyString(response.id);
    if (id) this.#writer.identify(id);
    switch (type) {
      case "response.completed":
      case "response.done":
        return this.#end(response, response.status ?? "completed");
      case "response.incomplete":
        return this.#end(response, "incomplete");
      case "response.failed":
      case "response.cancelled":
        return this.#end(response, type.slice("response.".length));
    }
  }

  /**
   * Events about an item. The message begins with the first of them: an error that comes before is
   * a real HTTP status.
   */
  #item(chunk: ResponsesEvent, type: string): void {
    const { item } = chunk;
    if (!isObject(item)) return changeItem(this.#output, chunk, type);
    if (type === "response.output_item.added") {
      this.#writer.start();
      this.#output.begin(item, itemPlace(chunk, item));
    } else if (type === "response.output_item.done") {
      this.#output.complete(item, itemPlace(chunk, item));
    }
  }

  #end(response: JsonObject, status: unknown): void {
    const id = nonEmptyString(response.id);
    if (id) this.#writer.identify(id);
    if (isObject(response.usage)) this.#usage = response.usage;
    this.#serviceTier = response.service_tier;
    if (status === "failed") throw mapErrorObject(response.error ?? response, this.#turn);
    const ending = mapEnding({ ...response, status });
    if (ending === undefined) {
      const what = typeof status === "string" ? status.slice(0, 40) : "unknown";
      throw new UpstreamError(`target '${this.#turn.target.name}': the answer is '${what}'`, {
        status: 500,
        type: "api_error",
      });
    }
    if (ending === "unknown") {
      this.#turn.warn("the upstream does not say why its answer is incomplete");
    }
    this.#ending = ending;
    this.#output.addMissing(objectsOf(response.output));
  }

  #assertComplete(): void {
    if (this.#writer.matchedStop !== undefined || this.#ending !== undefined) return;
    if (!this.#output.any) throw new UpstreamProtocolError("The upstream sent an empty answer");
    if (this.#done || this.#turn.profile.lenient_eof) {
      this.#turn.warn("the upstream did not say that its answer is complete");
      return;
    }
    throw new UpstreamProtocolError("The upstream closed the stream before it was complete");
  }
}
