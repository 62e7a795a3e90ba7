import { LARGE, makeWay } from "../event_loop.ts";
import { isObject, type JsonObject, tryParseJson } from "../json.ts";
import {
  findObjectList,
  type ListedObject,
  type LongRest,
  type ObjectList,
} from "../json_bytes.ts";
import { isDeeperThan } from "../json_text.ts";
import { decodeBody } from "./body_text.ts";
import { LONG_TEXTS, LongTexts } from "./long_texts.ts";
import type { MessagesRequest } from "./request.ts";
import {
  checkMessagesRequest,
  type GuardOptions,
  nestedTooDeeply,
  parseMessagesRequest,
} from "./request_guard.ts";
import { restoreRead } from "./unread.ts";

/** Stands in for the messages while the rest is parsed; nobody else can know it. */
const PLACEHOLDER = crypto.randomUUID();

/** Messages of about so many bytes are parsed at once. */
const PORTION = 16 * 1024;

const COMMA = 0x2c;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;

/** A body that need not be decoded as a whole. */
export interface LargeBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** All of it, decoded when it is asked for. */
  readonly text: string;
}

/**
 * Parses a large body as `parseMessagesRequest` does, and makes way for others between its steps.
 *
 * The messages are decoded and parsed in portions: a single letter outside Latin-1 makes a whole
 * text wide, and a wide one takes twice the memory and half as long again to parse. Long texts that
 * are only handed on stay bytes: the request has {@link LongTexts}.
 *
 * @throws {InvalidRequestError} If it is not JSON, nests too deeply, or a field has another type.
 */
export async function parseLargeRequest(
  body: LargeBody,
  options: GuardOptions & { readonly maxDepth: number },
): Promise<MessagesRequest> {
  const { maxDepth, ...others } = options;
  const list = findObjectList(body.bytes, "messages", maxDepth);
  const value = list && await parseInParts(body.bytes, list);
  await makeWay();
  if (value) return checkMessagesRequest(value, others);
  // To parse 32 MB of brackets would take 16 s.
  if (isDeeperThan(body.text, maxDepth)) throw nestedTooDeeply(maxDepth);
  await makeWay();
  return parseMessagesRequest(body.text, others);
}

/** Undefined if the whole is no JSON, or the list not that of its messages. */
async function parseInParts(
  bytes: Uint8Array<ArrayBuffer>,
  list: ObjectList,
): Promise<JsonObject | undefined> {
  const rest = parsedRest(bytes, list);
  if (!rest) return undefined;
  const parser = new MessagesParser(bytes);
  let parsedTo = list.start;
  for (const item of list.items) {
    if (item.end - parsedTo > LARGE) {
      await makeWay();
      parsedTo = item.start;
    }
    if (!parser.add(item)) return undefined;
  }
  if (!parser.flush()) return undefined;
  return Object.assign(rest, { messages: parser.messages, [LONG_TEXTS]: parser.texts });
}

/** Parses messages portion by portion. */
class MessagesParser {
  readonly messages: unknown[] = [];
  readonly texts = new LongTexts();
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** A list of messages as JSON text, begun but not ended. */
  #portion: Uint8Array = new Uint8Array(2 * PORTION);
  #used = 0;
  /** Of the messages in the portion, whether they have stand-ins. */
  #haveLong: boolean[] = [];

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
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

/** The body with {@link PLACEHOLDER} in the place of all messages. */
function parsedRest(bytes: Uint8Array, { start, end }: ObjectList): JsonObject | undefined {
  const before = decodeBody(bytes.subarray(0, start + 1));
  const after = decodeBody(bytes.subarray(end - 1));
  const value = tryParseJson(`${before}"${PLACEHOLDER}"${after}`);
  if (!isObject(value) || !Array.isArray(value.messages)) return undefined;
  return value.messages[0] === PLACEHOLDER ? value : undefined;
}
