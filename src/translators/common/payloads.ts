import type { MessageWriter } from "../../anthropic/writer.ts";
import { UpstreamProtocolError } from "../../errors.ts";
import { isObject, type JsonObject, tryParseJson } from "../../json.ts";
import type { Turn } from "../turn.ts";
import { mapErrorObject } from "./failure.ts";
import { RepeatedPayload, type RepeatedShape } from "./repeated_payload.ts";

/** Payloads in a row that are no JSON before the answer is given up. */
const MAX_GARBAGE = 3;

/** Reads the payloads of a stream whose events are JSON objects, and bears with a few that are not. */
export class PayloadReader {
  readonly #turn: Turn;
  readonly #writer: MessageWriter;
  readonly #repeated: RepeatedPayload;
  #garbage = 0;

  /** The shape tells in what most payloads of the stream differ. */
  constructor(turn: Turn, writer: MessageWriter, shape: RepeatedShape) {
    this.#turn = turn;
    this.#writer = writer;
    this.#repeated = new RepeatedPayload(shape);
  }

  /**
   * The object in a payload, valid until the next; undefined where it is to be passed over.
   *
   * @throws {UpstreamError} If the event is the upstream's error in words.
   * @throws {UpstreamProtocolError} If nothing but garbage comes.
   */
  read(data: string, event: string | undefined): JsonObject | undefined {
    const repeated = this.#repeated.read(data);
    if (repeated) {
      this.#garbage = 0;
      return repeated;
    }
    const payload = parsePayload(data);
    if (payload) {
      this.#garbage = 0;
      this.#repeated.learn(data, payload);
      return payload;
    }
    if (data.trim() === "") return undefined;
    this.#turn.warn("the upstream sent an event that is not JSON");
    this.#garbage++;
    if (event === "error") throw mapErrorObject(data, this.#turn);
    if (this.#garbage >= MAX_GARBAGE && !this.#writer.hasContent) {
      throw new UpstreamProtocolError("The upstream's stream is not JSON");
    }
    return undefined;
  }
}

/** `[DONE]` in any spelling, also behind a second `data:`. */
export function isDone(data: string): boolean {
  return data.length < 20 && /^\s*(?:data:\s*)?\[done\]\s*$/i.test(data);
}

/** Reads one frame's payload; undefined where it is not a JSON object. */
export function parsePayload(data: string): JsonObject | undefined {
  const value = tryParseJson(data);
  if (isObject(value)) return value;
  // Gemini's compatible endpoint wraps its errors in an array.
  return Array.isArray(value) && isObject(value[0]) ? value[0] : undefined;
}
