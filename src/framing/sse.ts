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
    for (;;) {
      const end = hasReturn ? lineEnd(text, at) : text.indexOf("\n", at);
      if (end < 0) break;
      this.#line(text, at, end);
      at = end + 1;
      if (hasReturn && text.charCodeAt(end) === 13) {
        if (at === text.length) this.#skipLineFeed = true;
        else if (text.charCodeAt(at) === 10) at++;
      }
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
    // "d": the hot path, and the only field of most lines.
    if (text.charCodeAt(from) === 100 && text.startsWith("data:", from)) {
      const value = text.charCodeAt(from + 5) === 32 ? from + 6 : from + 5;
      return this.#dataLine(text.slice(Math.min(value, to), to));
    }
    if (text.startsWith("event:", from)) {
      this.#event = text.slice(from + 6, to).trim();
    } else if (this.#json !== undefined || isJsonStart(text.charCodeAt(from))) {
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
    } else if (isWhole(this.#data)) {
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

/** `{` or `[`. */
function isJsonStart(code: number): boolean {
  return code === 123 || code === 91;
}

/** True if the data of an event cannot go on: the server left out the blank line behind it. */
function isWhole(data: string): boolean {
  if (data === "[DONE]") return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}

function lineEnd(text: string, from: number): number {
  const feed = text.indexOf("\n", from);
  const back = text.indexOf("\r", from);
  if (feed < 0) return back;
  return back < 0 ? feed : Math.min(feed, back);
}

function tooLong(): UpstreamProtocolError {
  return new UpstreamProtocolError("Cannot read the answer: the upstream sent a line over 16 MiB");
}
