import { isObject, type JsonObject } from "../json.ts";

/** Of a request: what stands in the place of its long texts. */
export const LONG_TEXTS: unique symbol = Symbol("long texts");

/** Begins every stand-in; nobody else can know it. Letters and digits need no escapes. */
const MARK = crypto.randomUUID().replaceAll("-", "");

/** Digits of the number behind the mark. */
const DIGITS = 6;
const STAND_IN_LENGTH = MARK.length + DIGITS;

/** Most long texts of one request. */
const MAX_TEXTS = 10 ** DIGITS;

const ZERO = 0x30;

/** A stand-in, whose digits are written anew each time. */
const standIn = new TextEncoder().encode(MARK + "0".repeat(DIGITS));

// A text may begin with a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Takes the parts of a JSON text one after the other. */
export interface JsonParts {
  addText(text: string): void;
  /** UTF-8. */
  addBytes(bytes: Uint8Array<ArrayBuffer>): void;
}

/**
 * Long texts of a request that are handed on without being read: they stay the bytes that they came
 * as, and a stand-in goes its way in their place. To decode and to write megabytes of them, and to
 * clear them away, costs more than all the rest of the translation.
 */
export class LongTexts {
  readonly #texts: Uint8Array<ArrayBuffer>[] = [];
  /** Where texts are copied to; without room, they stay where they are. */
  readonly #copies: Uint8Array<ArrayBuffer>;
  #copied = 0;

  /** The first `copiedBytes` of texts are copied, so that what they stand in can be forgotten. */
  constructor(copiedBytes = 0) {
    this.#copies = new Uint8Array(copiedBytes);
  }

  /** True if there are none. */
  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  /** True if there is room for more. */
  get isOpen(): boolean {
    return this.#texts.length < MAX_TEXTS;
  }

  /**
   * Keeps a part of a JSON string, escapes and all, for as long as these long texts live.
   *
   * @returns What stands for it in that string, in ASCII; valid until the next call only.
   */
  keep(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
    let number = this.#texts.push(this.#copy(bytes)) - 1;
    for (let at = STAND_IN_LENGTH - 1; at >= MARK.length; at--) {
      standIn[at] = ZERO + number % 10;
      number = Math.floor(number / 10);
    }
    return standIn;
  }

  /** A string of the request as it really reads. */
  restored(text: string): string {
    if (!holdsStandIn(text)) return text;
    return this.#replaced(text, (bytes) => String(JSON.parse(`"${decoder.decode(bytes)}"`)));
  }

  /** JSON text as it really reads. */
  restoredJson(json: string): string {
    return this.#replaced(json, (bytes) => decoder.decode(bytes));
  }

  /** The value with all its strings as they really read; objects and lists are changed in place. */
  restoredAll(value: unknown): unknown {
    if (typeof value === "string") return this.restored(value);
    if (Array.isArray(value)) {
      for (let at = 0; at < value.length; at++) value[at] = this.restoredAll(value[at]);
    } else if (isObject(value)) {
      for (const name of Object.keys(value)) this.restoreMember(value, name);
    }
    return value;
  }

  /** Restores a member of an object that nobody else has yet. */
  restoreMember(object: JsonObject, name: string): void {
    const value = object[name];
    const restored = this.restoredAll(value);
    if (restored !== value) (object as Record<string, unknown>)[name] = restored;
  }

  /** Takes a JSON text apart: what is text in it, and the bytes that stay bytes. */
  split(json: string, parts: JsonParts): void {
    let from = 0;
    for (let at = json.indexOf(MARK); at >= 0; at = json.indexOf(MARK, from)) {
      parts.addText(json.slice(from, at));
      parts.addBytes(this.#textAt(json, at));
      from = at + STAND_IN_LENGTH;
    }
    parts.addText(from === 0 ? json : json.slice(from));
  }

  #copy(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const end = this.#copied + bytes.length;
    if (end > this.#copies.length) return bytes;
    this.#copies.set(bytes, this.#copied);
    const copy = this.#copies.subarray(this.#copied, end);
    this.#copied = end;
    return copy;
  }

  #replaced(text: string, replacement: (bytes: Uint8Array) => string): string {
    let whole = "";
    this.split(text, {
      addText: (part) => whole += part,
      addBytes: (bytes) => whole += replacement(bytes),
    });
    return whole;
  }

  #textAt(text: string, at: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#texts[Number(text.slice(at + MARK.length, at + STAND_IN_LENGTH))];
    if (!bytes) throw new RangeError("A long text of another request");
    return bytes;
  }
}

function holdsStandIn(text: string): boolean {
  return text.length >= STAND_IN_LENGTH && text.includes(MARK);
}
