import { tryParseJson } from "../json.ts";
import {
  BRACKET_CLOSE,
  BRACKET_OPEN,
  COMMA,
  type ListedObject,
  type LongRest,
} from "../json_bytes.ts";
import { decodeBody } from "./body_text.ts";
import { LongTexts } from "./long_texts.ts";
import { restoreRead } from "./unread.ts";

/** Messages of about so many bytes are parsed at once. */
const PORTION = 16 * 1024;

/** Parses the messages of a body portion by portion, but for long texts that nobody reads. */
export class MessagesParser {
  readonly messages: unknown[] = [];
  readonly texts: LongTexts;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** A list of messages as JSON text, begun but not ended. */
  #portion: Uint8Array = new Uint8Array(2 * PORTION);
  #used = 0;
  /** Of the messages in the portion, whether they have stand-ins. */
  #haveLong: boolean[] = [];

  /** All `items` that will be added have to be known before. */
  constructor(bytes: Uint8Array<ArrayBuffer>, items: readonly ListedObject[]) {
    this.#bytes = bytes;
    let longBytes = 0;
    for (const { long } of items) for (const { start, end } of long) longBytes += end - start;
    this.texts = new LongTexts(2 * longBytes < bytes.length ? longBytes : 0);
  }

  /** Takes the next message; false if those before it are no JSON. */
  add(item: ListedObject): boolean {
    const size = item.end - item.start + 1;
    if (this.#used + size >= this.#portion.length && !this.flush()) return false;
    if (size >= this.#portion.length) this.#portion = new Uint8Array(2 * size);
    this.#portion[this.#used] = this.#used === 0 ? BRACKET_OPEN : COMMA;
    this.#used++;
    this.#haveLong.push(item.long.length > 0);
    let from = item.start;
    for (const long of item.long) {
      if (!this.texts.isOpen) break;
      this.#write(this.#bytes.subarray(from, long.start));
      this.#write(this.texts.keep(this.#validText(long)));
      from = long.end;
    }
    this.#write(this.#bytes.subarray(from, item.end));
    return this.#used < PORTION || this.flush();
  }

  /** Parses what was added; false if it is no JSON. */
  flush(): boolean {
    if (this.#used === 0) return true;
    this.#portion[this.#used++] = BRACKET_CLOSE;
    const parsed = tryParseJson(decodeBody(this.#portion.subarray(0, this.#used)));
    if (!Array.isArray(parsed)) return false;
    for (let at = 0; at < parsed.length; at++) {
      if (this.#haveLong[at]) restoreRead(parsed[at], this.texts);
      this.messages.push(parsed[at]);
    }
    this.#used = 0;
    this.#haveLong = [];
    return true;
  }

  #validText({ start, end, isAscii }: LongRest): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.subarray(start, end);
    if (!isAscii) decodeBody(bytes);
    return bytes;
  }

  #write(bytes: Uint8Array): void {
    this.#portion.set(bytes, this.#used);
    this.#used += bytes.length;
  }
}
