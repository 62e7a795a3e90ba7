import { concatBytes } from "../bytes.ts";
import { isObject, tryParseJson } from "../json.ts";

/** Token counts that a relayed stream told, as far as it did. */
export interface RelayedUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheCreationTokens: number;
}

/** The events whose data is looked at; all others only pass. */
type Watched = "message_start" | "message_delta" | "message_stop" | "error";

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const LETTER_D = 0x64;
const LETTER_E = 0x65;
const LETTER_M = 0x6d;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** One unit a byte for plain ASCII, and in a fraction of the other's time. */
const asciiDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** One unit a byte. */
const byteDecoder = new TextDecoder("latin1");

const WATCHED: readonly (readonly [Watched, Uint8Array])[] = (
  ["message_start", "message_delta", "message_stop", "error"] as const
).map((name) => [name, encoder.encode(name)]);

const EVENT_FIELD = encoder.encode("event:");
const DATA_FIELD = encoder.encode("data:");

/** In all names of watched events, and rare enough in others; first letters that are rare are found fast. */
const WATCHED_MARKS = ["message_", "rror"] as const;

/** Fewer bytes are not worth a search: most reads of a slow stream bring one event. */
const MIN_SEARCHED = 1024;

/** Longest line that is kept when it arrives in pieces; a `message_start` is below 2 KB. */
const MAX_KEPT = 64 * 1024;

/** Makes clients pass over an event that broke off in its middle: the last name counts. */
const DISOWN = "\nevent: ping\n\n";

/**
 * Follows an Anthropic stream that is relayed as it is: whether it began, whether it ended, what
 * it cost, and where between two events something else may be written.
 *
 * Reads bytes, cut anywhere, with CR, LF or CRLF. Only `event:` lines and the data of the few
 * events around the content are looked at; the content itself is never decoded.
 */
export class StreamTracker {
  /** The bytes of a line that is still without its end; empty if they do not matter. */
  #kept: Uint8Array[] = [];
  #keptLength = 0;
  #insideLine = false;
  #insideEvent = false;
  #skipLineFeed = false;
  #event: Watched | undefined;
  #data: Uint8Array | undefined;
  #started = false;
  #finished = false;
  #failed = false;
  #usage: RelayedUsage | undefined;

  /** True where another event may be put between: before the first, and behind any. */
  get atBoundary(): boolean {
    return !this.#insideLine && !this.#insideEvent;
  }

  /** True once the client got a whole `message_start`. */
  get started(): boolean {
    return this.#started;
  }

  /** True once the client got a whole `message_stop`. */
  get finished(): boolean {
    return this.#finished;
  }

  /** True once the client got a whole `error` event. */
  get failed(): boolean {
    return this.#failed;
  }

  /** The latest token counts; undefined if none were told. */
  get usage(): RelayedUsage | undefined {
    return this.#usage;
  }

  /** Takes the next bytes of the stream; they are not kept. */
  push(bytes: Uint8Array): void {
    let at = 0;
    if (this.#skipLineFeed && bytes[0] === LINE_FEED) at = 1;
    if (bytes.length > 0) this.#skipLineFeed = false;
    const content = bytes.length < MIN_SEARCHED ? undefined : ContentSearch.in(bytes);
    while (at < bytes.length) {
      if (content && this.atBoundary) at = content.end(at);
      if (at === bytes.length) return;
      const end = lineEnd(bytes, at);
      if (end < 0) return this.#keep(bytes.subarray(at));
      this.#line(bytes, at, end);
      at = end + 1;
      if (bytes[end] !== RETURN) continue;
      if (at === bytes.length) this.#skipLineFeed = true;
      else if (bytes[at] === LINE_FEED) at++;
    }
  }

  /**
   * Ends the stream. Returns what the client still needs before anything else can be written: a
   * blank line where only that was missing, or a name that makes it pass over a torn event.
   */
  end(): string {
    if (this.atBoundary) return "";
    if (this.#insideLine) this.#line(new Uint8Array(), 0, 0);
    const isWhole = this.#data !== undefined &&
      tryParseJson(decoder.decode(this.#data)) !== undefined;
    if (isWhole) this.#dispatch();
    else this.#forget();
    return isWhole ? "\n\n" : DISOWN;
  }

  #keep(bytes: Uint8Array): void {
    if (!this.#insideLine) {
      this.#insideLine = true;
      if (!this.#matters(bytes[0])) return;
    } else if (this.#keptLength === 0) {
      return;
    }
    this.#keptLength += bytes.length;
    // slice, not subarray: the buffer may be written to again.
    if (this.#keptLength <= MAX_KEPT) this.#kept.push(bytes.slice());
    else this.#dropKept();
  }

  /** Decides by a line's first byte whether the line has to be kept until its end. */
  #matters(first: number | undefined): boolean {
    if (first === COLON) return false;
    this.#insideEvent = true;
    return first === LETTER_E || (first === LETTER_D && this.#event !== undefined);
  }

  #line(bytes: Uint8Array, from: number, to: number): void {
    if (this.#insideLine) {
      this.#insideLine = false;
      if (this.#keptLength === 0) return;
      const whole = concatBytes([...this.#kept, bytes.subarray(from, to)]);
      this.#dropKept();
      return this.#field(whole, 0, whole.length);
    }
    if (from === to) return this.#dispatch();
    if (this.#matters(bytes[from])) this.#field(bytes, from, to);
  }

  #field(bytes: Uint8Array, from: number, to: number): void {
    if (startsWith(bytes, from, to, EVENT_FIELD)) {
      this.#event = watchedEvent(bytes, valueStart(bytes, from + EVENT_FIELD.length), to);
    } else if (this.#event !== undefined && startsWith(bytes, from, to, DATA_FIELD)) {
      this.#data = bytes.slice(valueStart(bytes, from + DATA_FIELD.length), to);
    }
  }

  #dispatch(): void {
    const event = this.#event;
    const data = this.#data;
    this.#forget();
    if (event === undefined || data === undefined) return;
    if (event === "message_stop") this.#finished = true;
    else if (event === "error") this.#failed = true;
    else this.#readUsage(event, data);
  }

  #readUsage(event: "message_start" | "message_delta", data: Uint8Array): void {
    if (event === "message_start") this.#started = true;
    const body = tryParseJson(decoder.decode(data));
    const holder = isObject(body) && event === "message_start" ? body.message : body;
    if (!isObject(holder) || !isObject(holder.usage)) return;
    const { usage } = holder;
    const before = this.#usage;
    this.#usage = {
      inputTokens: count(usage.input_tokens, before?.inputTokens),
      outputTokens: count(usage.output_tokens, before?.outputTokens),
      cacheReadTokens: count(usage.cache_read_input_tokens, before?.cacheReadTokens),
      cacheCreationTokens: count(usage.cache_creation_input_tokens, before?.cacheCreationTokens),
    };
  }

  #forget(): void {
    this.#insideEvent = false;
    this.#event = undefined;
    this.#data = undefined;
  }

  #dropKept(): void {
    this.#kept = [];
    this.#keptLength = 0;
  }
}

/** Finds the events between two that are watched, by native searches: 16 KB take 2 us, not 14. */
class ContentSearch {
  readonly #text: string;
  /** Where each of the marks comes next; recomputed only when passed, as a text may hold many. */
  readonly #next: number[] = WATCHED_MARKS.map(() => -1);

  private constructor(text: string) {
    this.#text = text;
  }

  /** Undefined where lines end with more than a line feed. */
  static in(bytes: Uint8Array): ContentSearch | undefined {
    const ascii = asciiDecoder.decode(bytes);
    // A place in the text has to be one in the bytes.
    const text = ascii.length === bytes.length ? ascii : byteDecoder.decode(bytes);
    return text.includes("\r") ? undefined : new ContentSearch(text);
  }

  /** The place behind the last event that is not watched, from one between two events on. */
  end(at: number): number {
    let watched = this.#text.length;
    for (const [mark, wanted] of WATCHED_MARKS.entries()) {
      let next = this.#next[mark] ?? -1;
      if (next < at) {
        next = this.#text.indexOf(wanted, at);
        if (next < 0) next = Infinity;
        this.#next[mark] = next;
      }
      watched = Math.min(watched, next);
    }
    const boundary = this.#text.lastIndexOf("\n\n", watched - 1);
    return boundary < at ? at : boundary + 2;
  }
}

/** Counts are cumulative: one that is missing has not changed. */
function count(value: unknown, before = 0): number {
  return typeof value === "number" ? value : before;
}

function watchedEvent(bytes: Uint8Array, from: number, to: number): Watched | undefined {
  // Nearly all events begin with "content_block".
  if (bytes[from] !== LETTER_M && bytes[from] !== LETTER_E) return undefined;
  return WATCHED.find(([, name]) => name.length === to - from && startsWith(bytes, from, to, name))
    ?.[0];
}

function valueStart(bytes: Uint8Array, at: number): number {
  return bytes[at] === SPACE ? at + 1 : at;
}

function startsWith(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): boolean {
  if (to - from < wanted.length) return false;
  for (let at = 0; at < wanted.length; at++) if (bytes[from + at] !== wanted[at]) return false;
  return true;
}

/** A loop, because native `indexOf` costs more to call than lines of this length to walk. */
function lineEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === LINE_FEED || byte === RETURN) return at;
  }
  return -1;
}
