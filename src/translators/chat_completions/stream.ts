import type { StopReason } from "../../anthropic/message.ts";
import type { MessageWriter } from "../../anthropic/writer.ts";
import { UpstreamError, UpstreamProtocolError } from "../../errors.ts";
import { isObject, type JsonObject, nonEmptyString } from "../../json.ts";
import { mapErrorObject } from "../common/failure.ts";
import { isDone, PayloadReader } from "../common/payloads.ts";
import { estimatedUsage } from "../common/usage.ts";
import type { StreamTranslator, UsageEstimate } from "../translator.ts";
import type { Turn } from "../turn.ts";
import { Citations } from "./citations.ts";
import { type FinishMeaning, finishRank, mapStopReason, mapUsage } from "./map.ts";
import { ReasoningOut } from "./reasoning_out.ts";
import { ThinkTags } from "./think_tags.ts";
import { ToolCalls } from "./tool_calls.ts";
import {
  bringsOnlyText,
  type ChatChunk,
  type ChatDelta,
  CHUNK_SHAPE,
  chunkError,
  chunkUsage,
  firstChoice,
} from "./wire.ts";

/**
 * Translates Chat Completions chunks, or one whole answer, into an Anthropic message.
 *
 * Holds only what must survive from one chunk to the next. Text that comes after a tool call
 * waits until the calls are written, because their arguments may still go on.
 */
export class ChatStream implements StreamTranslator {
  readonly #turn: Turn;
  readonly #writer: MessageWriter;
  readonly #payloads: PayloadReader;
  readonly #reasoning: ReasoningOut;
  readonly #calls: ToolCalls;
  readonly #citations: Citations;
  readonly #tags: ThinkTags | undefined;
  readonly #deferred: { readonly thinking: boolean; readonly text: string }[] = [];
  #usage: JsonObject | undefined;
  #serviceTier: unknown;
  #finish: FinishMeaning | "unknown" | undefined;
  #refusal: string | undefined;
  #stopSequence: string | undefined;
  #done = false;
  #isWhole = false;
  #produced = false;
  readonly #noted = new Set<string>();
  /** The last chunk if it brought text and nothing else, and the delta with the text in it. */
  #plainChunk: ChatChunk | undefined;
  #plainDelta: ChatDelta | undefined;

  constructor(turn: Turn, writer: MessageWriter) {
    this.#turn = turn;
    this.#writer = writer;
    this.#payloads = new PayloadReader(turn, writer, CHUNK_SHAPE);
    this.#reasoning = new ReasoningOut(turn);
    this.#calls = new ToolCalls(turn, writer, this.#reasoning.sealSignature);
    this.#citations = new Citations(turn, writer);
    this.#tags = turn.profile.think_tags ? new ThinkTags() : undefined;
  }

  get complete(): boolean {
    return this.#done;
  }

  get finishing(): boolean {
    return this.#done || this.#finish !== undefined;
  }

  get hasUsage(): boolean {
    return this.#usage !== undefined;
  }

  push(data: string, event?: string): void {
    // What still comes behind a stop sequence depends on how the network cut the stream.
    if (this.#writer.matchedStop !== undefined) return;
    if (isDone(data)) {
      this.#done = true;
      return;
    }
    const payload = this.#payloads.read(data, event);
    if (!payload) return;
    // The reader gives the same object again where only the text in it is new.
    if (payload === this.#plainChunk && !this.#done) {
      this.#content(this.#plainDelta?.content as string);
    } else this.#push(payload, event);
  }

  pushWhole(body: unknown): void {
    const chunk = Array.isArray(body) ? body[0] : body;
    if (!isObject(chunk)) throw new UpstreamProtocolError("The upstream's answer is not an object");
    this.#push(chunk, undefined);
    // A whole answer is complete by its shape, so a missing finish_reason is no cut.
    this.#isWhole = true;
    this.#done = true;
  }

  end(estimate: UsageEstimate): void {
    this.#assertComplete();
    // Behind a stop sequence nothing counts: whatever came with it is not the answer any more.
    if (this.#writer.matchedStop === undefined) this.#flush();
    const usage = this.#usage
      ? mapUsage(this.#usage, this.#turn.profile, this.#serviceTier)
      : estimatedUsage(estimate, { turn: this.#turn, writer: this.#writer });
    const stopReason = this.#stopReason();
    this.#writer.finish(stopReason, this.#citations.count(usage), {
      stopSequence: stopReason === "stop_sequence" ? this.#stopSequence ?? null : null,
      stopDetails: stopReason === "refusal"
        ? { type: "refusal", category: null, explanation: this.#refusal ?? null }
        : null,
    });
  }

  #push(chunk: ChatChunk, event: string | undefined): void {
    const usage = chunkUsage(chunk);
    if (usage) this.#usage = usage;
    const error = chunkError(chunk, event);
    if (error) return this.#fail(error);
    if (this.#done) return;
    if (typeof chunk.id === "string" && chunk.id !== "") this.#writer.identify(chunk.id);
    if (chunk.service_tier) this.#serviceTier = chunk.service_tier;
    const choice = firstChoice(chunk);
    if (choice) this.#choice(choice);
    const delta = choice?.delta;
    const isPlain = isObject(delta) && bringsOnlyText(delta);
    this.#plainChunk = isPlain ? chunk : undefined;
    this.#plainDelta = isPlain ? delta : undefined;
  }

  #fail(error: unknown): void {
    // OpenRouter was seen to send an error behind a complete answer; the answer stands.
    if (this.finishing && this.#produced && !isFailure(this.#finish)) {
      this.#turn.warn("the upstream sent an error after the end of its answer");
      return;
    }
    throw mapErrorObject(error, this.#turn);
  }

  #choice(choice: JsonObject): void {
    const delta = isObject(choice.delta) ? choice.delta : choice.message;
    if (isObject(delta)) this.#delta(delta);
    else if (typeof choice.text === "string") this.#content(choice.text);
    const reason = choice.finish_reason;
    if (typeof reason === "string" && reason !== "") this.#remember(reason);
    const field = this.#turn.profile.matched_stop_field;
    if (field && typeof choice[field] === "string") this.#stopSequence = choice[field];
  }

  #delta(delta: ChatDelta): void {
    const { content } = delta;
    const thinking = this.#reasoning.read(delta);
    if (thinking !== "") this.#think(thinking);
    if (delta.annotations) {
      this.#citations.push(delta.annotations);
      // In a whole answer the search stands before the text that used it.
      if (content && !this.#calls.any) this.#citations.flush();
    }
    if (typeof content === "string") {
      if (content !== "") this.#content(content, isThought(delta));
    } else if (Array.isArray(content)) this.#parts(content);
    const refusal = nonEmptyString(delta.refusal);
    if (refusal) {
      this.#refusal = (this.#refusal ?? "") + refusal;
      this.#text(refusal);
    }
    if (Array.isArray(delta.tool_calls) && delta.tool_calls.length > 0) {
      this.#settle();
      this.#calls.push(delta.tool_calls);
    } else if (delta.function_call) {
      this.#settle();
      this.#calls.pushLegacy(delta.function_call);
    }
    if (delta.images || delta.audio) this.#media(delta);
  }

  #content(content: string, isThinking = false): void {
    if (isThinking) return this.#think(content);
    if (!this.#tags) return this.#text(content);
    const { thinking, text } = this.#tags.push(content);
    this.#think(thinking);
    this.#text(text);
  }

  /** Mistral sends reasoning and text as parts of the content. */
  #parts(parts: readonly unknown[]): void {
    for (const part of parts) {
      if (!isObject(part)) continue;
      if (typeof part.text === "string") this.#text(part.text);
      const { thinking } = part;
      if (typeof thinking === "string") this.#think(thinking);
      if (!Array.isArray(thinking)) continue;
      for (const piece of thinking) {
        if (isObject(piece) && typeof piece.text === "string") this.#think(piece.text);
      }
    }
  }

  #text(text: string): void {
    if (text === "") return;
    this.#produced = true;
    if (this.#calls.any) {
      this.#deferred.push({ thinking: false, text });
      return;
    }
    this.#settleDetails();
    this.#writer.text(text);
  }

  #think(text: string): void {
    if (text === "") return;
    this.#produced = true;
    if (this.#calls.any) this.#deferred.push({ thinking: true, text });
    else this.#writer.thinking(text, this.#reasoning.seal);
  }

  #media(delta: ChatDelta): void {
    const what = delta.images ? "image" : "audio";
    // Audio comes in hundreds of pieces.
    if (this.#noted.has(what)) return;
    this.#noted.add(what);
    this.#turn.warn(`the upstream answered with ${what}, which has no place in a message`);
    this.#text(`[${what} omitted: not supported by the Messages API]`);
  }

  #remember(reason: string): void {
    const meaning = mapStopReason(reason, this.#turn.profile);
    if (meaning === undefined) this.#turn.warn("the upstream sent an unknown finish_reason");
    const known = this.#finish === "unknown" ? undefined : this.#finish;
    if (this.#finish === undefined || finishRank(meaning) > finishRank(known)) {
      this.#finish = meaning ?? "unknown";
    }
  }

  #assertComplete(): void {
    if (this.#writer.matchedStop !== undefined) return;
    const produced = this.#produced || this.#calls.any || this.#writer.hasContent ||
      this.#tags?.holds === true;
    if (this.#finish === "malformed" && produced) {
      this.#turn.warn("the upstream's model wrote a tool call that cannot be read");
    } else if (isFailure(this.#finish)) this.#failFinish(produced);
    if (this.#finish !== undefined) return;
    if (!produced) throw new UpstreamProtocolError("The upstream sent an empty answer");
    if (this.#done || this.#turn.profile.lenient_eof) {
      this.#turn.warn("the upstream sent no finish_reason");
      return;
    }
    throw new UpstreamProtocolError("The upstream closed the stream before it was complete");
  }

  #failFinish(produced: boolean): void {
    const overloaded = this.#finish === "overloaded";
    const where = `target '${this.#turn.target.name}'`;
    throw new UpstreamError(
      produced ? `${where} stopped in the middle of its answer` : `${where} could not answer`,
      overloaded ? { status: 529, type: "overloaded_error" } : { status: 500, type: "api_error" },
    );
  }

  #flush(): void {
    this.#settle();
    this.#calls.finish({
      truncated: this.#isTruncated(),
      known: this.#isWhole || this.#finish !== undefined,
    });
    for (const { thinking, text } of this.#deferred.splice(0)) {
      if (thinking) this.#writer.thinking(text, this.#reasoning.seal);
      else this.#writer.text(text);
    }
    if (this.#reasoning.hasHiddenDetails && !this.#writer.isThinking) {
      this.#writer.redactedThinking(this.#reasoning.sealHidden());
    }
    this.#citations.flush();
    this.#writer.closeBlock();
  }

  /** Writes what was held back, before a tool call or the end. */
  #settle(): void {
    const held = this.#tags?.flush();
    if (held) {
      this.#think(held.thinking);
      this.#text(held.text);
    }
    this.#settleDetails();
  }

  /** Reasoning that no thinking block will carry gets a block of its own. */
  #settleDetails(): void {
    if (!this.#reasoning.hasHiddenDetails || this.#writer.isThinking || this.#calls.any) return;
    this.#writer.redactedThinking(this.#reasoning.sealHidden());
  }

  #isTruncated(): boolean {
    return this.#finish === "max_tokens" || this.#finish === "model_context_window_exceeded" ||
      this.#finish === "refusal";
  }

  /** refusal > max_tokens > tool_use > stop_sequence > end_turn, whatever came first. */
  #stopReason(): StopReason {
    if (this.#refusal !== undefined) return "refusal";
    const finish = this.#finish;
    if (finish === "refusal" || finish === "max_tokens") return finish;
    if (finish === "model_context_window_exceeded") return finish;
    if (this.#writer.toolBlocks > 0) return "tool_use";
    if (finish === "tool_use") this.#turn.warn("the upstream announced tool calls and sent none");
    return this.#stopSequence === undefined ? "end_turn" : "stop_sequence";
  }
}

function isFailure(finish: FinishMeaning | "unknown" | undefined): boolean {
  return finish === "error" || finish === "overloaded" || finish === "malformed";
}

/** Gemini's compatible endpoint marks thoughts by a flag. */
function isThought(delta: ChatDelta): boolean {
  const extra = isObject(delta.extra_content) ? delta.extra_content.google : undefined;
  return isObject(extra) && extra.thought === true;
}
