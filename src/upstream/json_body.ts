import type { JsonParts, LongTexts } from "../anthropic/long_texts.ts";
import { MAX_UNIT_BYTES } from "../bytes.ts";
import { LARGE, makeWay } from "../event_loop.ts";
import { type JsonObject, lasting, stringifyWellFormed } from "../json.ts";
import { BRACKET_OPEN, COMMA } from "../json_bytes.ts";

const encoder = new TextEncoder();

/** Where pieces are encoded; one for all bodies, because nobody holds it while he waits. */
const scratch = new Uint8Array(256 * 1024);

/** The bytes of items that come again. */
const kept = new WeakMap<object, Uint8Array<ArrayBuffer>>();

/**
 * A body as the UTF-8 of its JSON text in pieces, with lone surrogates as U+FFFD.
 *
 * Its members are encoded one by one, and those that are lists item by item: a single letter
 * outside Latin-1 makes a whole string wide, and a wide one takes 15 times as long to encode.
 * `longTexts` are those of the request that the body was made of.
 */
export async function encodeJson(
  body: JsonObject,
  longTexts?: LongTexts,
): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const encoding = new Encoding(longTexts);
  let separator = "{";
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined) continue;
    encoding.add(`${separator}${JSON.stringify(name)}:`);
    separator = ",";
    if (!Array.isArray(value) || value.length === 0) encoding.add(stringifyWellFormed(value));
    else {
      for (let at = 0; at < value.length; at++) {
        encoding.addByte(at === 0 ? BRACKET_OPEN : COMMA);
        encoding.addItem(value[at] ?? null);
        if (encoding.isLong) await encoding.pause();
      }
      encoding.add("]");
    }
  }
  encoding.add(separator === "{" ? "{}" : "}");
  return encoding.pieces();
}

/** The bytes so far. */
class Encoding implements JsonParts {
  readonly #longTexts: LongTexts | undefined;
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  /** Bytes of the scratch space that are not among the pieces yet. */
  #used = 0;
  /** UTF-16 units and bytes since the last pause. */
  #units = 0;

  constructor(longTexts: LongTexts | undefined) {
    this.#longTexts = longTexts;
  }

  /** True if others have waited long enough. */
  get isLong(): boolean {
    return this.#units > LARGE;
  }

  add(json: string): void {
    if (this.#longTexts) this.#longTexts.split(json, this);
    else this.addText(json);
  }

  /** A letter of ASCII, at a tenth of what a text of one letter takes. */
  addByte(byte: number): void {
    if (this.#used === scratch.length) this.#flush();
    scratch[this.#used++] = byte;
  }

  addText(text: string): void {
    this.#units += text.length;
    if (this.#hasRoom(text.length * MAX_UNIT_BYTES)) {
      this.#used += encoder.encodeInto(text, scratch.subarray(this.#used)).written;
    } else this.#pieces.push(encoder.encode(text));
  }

  addBytes(bytes: Uint8Array<ArrayBuffer>): void {
    this.#units += bytes.length;
    if (this.#hasRoom(bytes.length)) {
      scratch.set(bytes, this.#used);
      this.#used += bytes.length;
    } else this.#pieces.push(bytes);
  }

  addItem(item: unknown): void {
    const isLasting = typeof item === "object" && item !== null && lasting.has(item);
    if (isLasting) this.addBytes(bytesOf(item));
    else this.add(stringifyWellFormed(item));
  }

  pause(): Promise<void> {
    this.#flush();
    this.#units = 0;
    return makeWay();
  }

  pieces(): readonly Uint8Array<ArrayBuffer>[] {
    this.#flush();
    return this.#pieces;
  }

  /** Makes room in the scratch space; false if it is too small for that, and then it is empty. */
  #hasRoom(bytes: number): boolean {
    if (bytes > scratch.length - this.#used) this.#flush();
    return bytes <= scratch.length;
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#pieces.push(scratch.slice(0, this.#used));
    this.#used = 0;
  }
}

function bytesOf(item: object): Uint8Array<ArrayBuffer> {
  let bytes = kept.get(item);
  if (!bytes) {
    bytes = encoder.encode(stringifyWellFormed(item));
    kept.set(item, bytes);
  }
  return bytes;
}
