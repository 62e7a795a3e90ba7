import { randomId } from "../../anthropic/ids.ts";
import { NO_USAGE } from "../../anthropic/message.ts";
import { UpstreamProtocolError } from "../../errors.ts";
import { SseDecoder } from "../../framing/sse.ts";
import { isObject, type JsonObject, nonEmptyString, tryParseJson } from "../../json.ts";
import type { StreamRepairer } from "../translator.ts";
import type { Turn } from "../turn.ts";
import { BlockOrder } from "./block_order.ts";

/** Frames without sense after which an answer that has not begun is given up. */
const MAX_SENSELESS = 3;

/**
 * Writes the stream of an endpoint that only nearly speaks Anthropic in the proper grammar.
 *
 * Mends what such endpoints are known for: no `event:` names, no `message_start` or two of them,
 * gaps in the numbers of blocks, several blocks open at once or never closed, empty texts, usage
 * in odd places, bare JSON lines or a whole message instead of a stream. What an endpoint does
 * right comes out with the same meaning.
 */
export class StreamRepair implements StreamRepairer {
  readonly #turn: Pick<Turn, "request" | "warn">;
  readonly #frames = new SseDecoder((data, event) => this.#frame(data, event));
  readonly #blocks: BlockOrder;
  #out = "";
  #state: "new" | "open" | "ended" = "new";
  #sawDone = false;
  #senseless = 0;
  /** All of `message_delta` but its type, from wherever it was told. */
  #end: JsonObject = {};
  #delta: JsonObject = {};
  #usage: JsonObject = {};

  constructor(turn: Pick<Turn, "request" | "warn">) {
    this.#turn = turn;
    this.#blocks = new BlockOrder((type, rest) => this.#write(type, rest), turn.warn);
  }

  /**
   * Takes the next piece of the upstream's text and returns what the client gets for it.
   *
   * @throws {UpstreamProtocolError} If it is clear that this is no stream of Anthropic's.
   */
  push(text: string): string {
    this.#frames.push(text);
    return this.#take();
  }

  /**
   * Ends the stream and returns what is left.
   *
   * @throws {UpstreamProtocolError} If the message is not complete.
   */
  end(): string {
    this.#frames.end();
    if (this.#state === "ended") return this.#take();
    const isEnough = this.#sawDone && this.#blocks.count > 0 && !this.#blocks.callsTool;
    if (!isEnough && !nonEmptyString(this.#delta.stop_reason)) {
      throw new UpstreamProtocolError(
        "Cannot end the message: the upstream closed the stream before it was complete",
      );
    }
    this.#finish();
    return this.#take();
  }

  #take(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }

  #write(type: string, rest: JsonObject): void {
    this.#out += `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  }

  #frame(data: string, event: string | undefined): void {
    if (this.#state === "ended") return;
    if (/^\s*\[done\]\s*$/i.test(data)) {
      this.#sawDone = true;
      return nonEmptyString(this.#delta.stop_reason) ? this.#finish() : undefined;
    }
    const payload = tryParseJson(data);
    if (!isObject(payload)) return this.#noSense("data that is not a JSON object");
    const type = nonEmptyString(payload.type) ?? event;
    if (type === "error" || event === "error" || (!type && payload.error)) {
      return this.#fail(payload);
    }
    if (type === undefined) return this.#noSense("an event without a type");
    this.#event(type, payload);
  }

  #noSense(what: string): void {
    this.#turn.warn(`The upstream sent ${what}`);
    if (this.#state === "new" && ++this.#senseless >= MAX_SENSELESS) {
      throw new UpstreamProtocolError("Cannot read the answer: the upstream does not send events");
    }
  }

  #event(type: string, payload: JsonObject): void {
    switch (type) {
      case "message_start":
        return this.#start(isObject(payload.message) ? payload.message : {});
      case "content_block_start":
        this.#start({});
        return this.#blocks.start(
          payload.index,
          isObject(payload.content_block) ? payload.content_block : {},
        );
      case "content_block_delta":
        this.#start({});
        return this.#blocks.delta(payload.index, isObject(payload.delta) ? payload.delta : {});
      case "content_block_stop":
        return this.#blocks.stop(payload.index);
      case "message_delta":
        this.#start({});
        return this.#noteEnd(payload);
      case "message_stop":
        return this.#finish();
      case "message":
        return this.#whole(payload);
      default:
        // `ping`, and what is newer than this program; before the start it has no place.
        if (this.#state === "open") this.#write(type, payload);
    }
  }

  /** Begins the message; a second start only tells its usage. */
  #start(message: JsonObject): void {
    this.#usage = merged(this.#usage, message.usage);
    if (this.#state !== "new") return;
    this.#state = "open";
    this.#write("message_start", {
      message: {
        ...message,
        id: nonEmptyString(message.id) ?? randomId("msg_"),
        type: "message",
        role: "assistant",
        model: nonEmptyString(message.model) ?? this.#turn.request.model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { ...NO_USAGE, ...this.#usage },
      },
    });
    for (const block of Array.isArray(message.content) ? message.content : []) {
      if (isObject(block)) this.#blocks.start(undefined, block);
    }
  }

  /** An answer that was not streamed though it should have been. */
  #whole(message: JsonObject): void {
    const { stop_reason, stop_sequence, stop_details, usage } = message;
    this.#start(message);
    this.#noteEnd({ delta: { stop_reason, stop_sequence, stop_details }, usage });
    this.#finish();
  }

  /** Held back until the message ends: clients expect one `message_delta`, after all blocks. */
  #noteEnd({ type: _, delta, usage, ...rest }: JsonObject): void {
    this.#end = merged(this.#end, rest);
    this.#delta = merged(this.#delta, delta);
    this.#usage = merged(this.#usage, usage);
  }

  #finish(): void {
    this.#start({});
    this.#blocks.end();
    this.#state = "ended";
    if (!nonEmptyString(this.#delta.stop_reason)) {
      this.#turn.warn("The upstream ended the message without a stop reason");
    }
    this.#write("message_delta", {
      ...this.#end,
      delta: {
        stop_reason: this.#blocks.toolCalls > 0 ? "tool_use" : "end_turn",
        stop_sequence: null,
        ...this.#delta,
      },
      usage: { input_tokens: 0, output_tokens: 0, ...this.#usage },
    });
    this.#write("message_stop", {});
  }

  #fail(payload: JsonObject): void {
    this.#state = "ended";
    const { error } = payload;
    const isSound = isObject(error) && nonEmptyString(error.type) && nonEmptyString(error.message);
    const mended = { type: "api_error", message: messageOf(payload) ?? "The upstream failed" };
    this.#write("error", { ...(isSound ? payload : { error: mended }), type: "error" });
  }
}

function messageOf({ error, message }: JsonObject): string | undefined {
  if (isObject(error)) return nonEmptyString(error.message);
  return nonEmptyString(error) ?? nonEmptyString(message);
}

/** Later values win, but null says nothing. */
function merged(before: JsonObject, after: unknown): JsonObject {
  return isObject(after) ? { ...before, ...withoutNulls(after) } : before;
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => (value ?? null) !== null));
}
