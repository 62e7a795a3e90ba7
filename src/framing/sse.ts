import { UpstreamProtocolError } from "../errors.ts";

/** Takes one event: its data, and its name if it has one. */
export type FrameHandler = (data: string, event: string | undefined) => void;

/** Longest line and longest event that are taken, in UTF-16 units. */
const MAX_EVENT = 16 * 1024 * 1024;

/**
 * Splits Server-Sent Events out of text that may be cut anywhere.
 *
 * Takes CR, LF and CRLF, a byte order mark, comments, several `data:` lines, `data:` without a
 * space, servers that forget the blank line between events, and bare JSON lines (NDJSON) in
 * place of events. Bytes become text before this, in one streaming decoder.
 *
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream}
 */
export class SseDecoder {
  readonly #onFrame: FrameHandler;
  #rest = "";
  #data: string | undefined;
  #event: string | undefined;
  #json: string | undefined;
  #first = true;
  #skipLineFeed = false;

  constructor(onFrame: FrameHandler) {
    this.#onFrame = onFrame;
  }

  /**
   * Takes the next piece of text and hands on the events that it completes.
   *
   * @throws {UpstreamProtocolError} If a line or event is longer than 16 Mi characters.
   */
  push(chunk: string): void {
    if (chunk === "") return;
    if (this.#first) {
      this.#first = false;
      if (chunk.charCodeAt(0) === 0xfeff) chunk = chunk.slice(1);
    }
    if (this.#skipLineFeed && chunk.charCodeAt(0) === 10) chunk = chunk.slice(1);
    this.#skipLineFeed = false;
    const hasReturn = chunk.includes("\r");
    if (!hasReturn && !chunk.includes("\n")) {
      // Appended without another look at what came before: a line may be megabytes long.
      this.#rest += chunk;
      if (this.#rest.length > MAX_EVENT) throw tooLong();
      return;
    }
    const text = this.#rest + chunk;
    let at = 0;
    // Looked for anew only when passed: a text may hold a million of one and a single other.
    let feed = text.indexOf("\n");
    let back = hasReturn ? text.indexOf("\r") : -1;
    while (feed >= 0 || back >= 0) {
      const end = feed < 0 || (back >= 0 && back < feed) ? back : feed;
      this.#line(text, at, end);
      at = end + 1;
      if (end === back) {
        if (at === text.length) this.#skipLineFeed = true;
        else if (at === feed) at++;
        back = text.indexOf("\r", at);
      }
      if (feed >= 0 && feed < at) feed = text.indexOf("\n", at);
    }
    this.#rest = at === 0 ? text : text.slice(at);
    if (this.#rest.length > MAX_EVENT) throw tooLong();
  }

  /** Hands on what the end of the stream completes: a last event without its blank line. */
  end(): void {
    if (this.#rest !== "") {
      const rest = this.#rest;
      this.#rest = "";
      this.#line(rest, 0, rest.length);
    }
    this.#dispatch();
    if (this.#json !== undefined) this.#onFrame(this.#json, undefined);
    this.#json = undefined;
  }

  #line(text: string, from: number, to: number): void {
    if (from === to) return this.#dispatch();
    if (to - from > MAX_EVENT) throw tooLong();
    // "d": the hot path, and the only field of most lines.
    if (text.charCodeAt(from) === 100 && text.startsWith("data:", from)) {
      const value = text.charCodeAt(from + 5) === 32 ? from + 6 : from + 5;
      return this.#dataLine(text.slice(Math.min(value, to), to));
    }
    if (text.startsWith("event:", from)) {
      // A second name belongs to the next event: the blank line between them is missing.
      if (this.#event !== undefined && this.#data !== undefined) this.#dispatch();
      this.#event = text.slice(from + 6, to).trim();
    } else if (this.#json !== undefined || beginsJson(text, from, to)) {
      this.#jsonLine(text.slice(from, to));
    }
  }

  /** A line of a server that does not speak SSE: one JSON value a line, or one over many lines. */
  #jsonLine(line: string): void {
    const value = this.#json === undefined ? line : this.#json + "\n" + line;
    if (value.length > MAX_EVENT) throw tooLong();
    if (this.#json === undefined && isWhole(line)) this.#onFrame(line, undefined);
    else this.#json = value;
  }

  #dataLine(value: string): void {
    if (this.#data === undefined) {
      this.#data = value;
    } else if (canBeNext(value) && isEnd(this.#data) && isWhole(this.#data)) {
      this.#dispatch();
      this.#data = value;
    } else {
      this.#data += "\n" + value;
      if (this.#data.length > MAX_EVENT) throw tooLong();
    }
  }

  #dispatch(): void {
    const data = this.#data;
    const event = this.#event;
    this.#data = undefined;
    this.#event = undefined;
    if (data !== undefined) this.#onFrame(data, event);
  }
}

/** True if the first character of the line that is no blank is `{` or `[`. */
function beginsJson(text: string, from: number, to: number): boolean {
  let at = from;
  while (at < to && (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9)) at++;
  return at < to && (text.charCodeAt(at) === 123 || text.charCodeAt(at) === 91);
}

/** True if the line can begin an event; within JSON no such line follows a closing bracket. */
function canBeNext(value: string): boolean {
  return /^\s*[[{]/.test(value);
}

/** True if the data ends like JSON, or like the end marker: asked first, because it is cheap. */
function isEnd(data: string): boolean {
  return /[\]}]\s*$/.test(data.slice(-64));
}

/** True if the data of an event cannot go on: the server left out the blank line behind it. */
function isWhole(data: string): boolean {
  if (/^\s*\[done\]\s*$/i.test(data)) return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}

function tooLong(): UpstreamProtocolError {
  return new UpstreamProtocolError("Cannot read the answer: the upstream sent a line over 16 MiB");
}
