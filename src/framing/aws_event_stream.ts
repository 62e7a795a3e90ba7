import { crc32 } from "node:zlib";
import { UpstreamProtocolError } from "../errors.ts";
import type { FrameHandler } from "./sse.ts";

/** Total length, length of the headers and their checksum; the message's own stands at its end. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
const LEAST_BYTES = PRELUDE_BYTES + CHECKSUM_BYTES;

/** Longest message that is taken; AWS's own limit is the same. */
const MAX_BYTES = 16 * 1024 * 1024;

const FIRST_BUFFER_BYTES = 4 * 1024;

/** Bytes of a header's value by its type; what has none, tells its length in front. */
const VALUE_BYTES: Readonly<Record<number, number>> = {
  0: 0, // true
  1: 0, // false
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  8: 8, // timestamp
  9: 16, // UUID
};
const BYTES = 6;
const STRING = 7;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Splits the messages of AWS's binary event streams out of bytes that may be cut anywhere, and
 * checks both checksums of each.
 *
 * Hands on the payload as text, with `:event-type` as its name. An exception is named
 * `exception:<type>`; an error `error:<code>`, with its words in place of a payload.
 *
 * @see {@link https://docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html}
 */
export class AwsEventStreamDecoder {
  readonly #onFrame: FrameHandler;
  /** The beginning of a message whose rest has not come yet. */
  #buffer = new Uint8Array(0);
  #buffered = 0;
  /** The headers read last: those of one delta after the other are the same. */
  #known = { bytes: new Uint8Array(0), headers: readHeaders(new Uint8Array(0)) };

  constructor(onFrame: FrameHandler) {
    this.#onFrame = onFrame;
  }

  /**
   * Takes the next bytes, which may be overwritten afterwards, and hands on the messages that they
   * complete.
   *
   * @throws {UpstreamProtocolError} If a checksum is wrong or a length impossible.
   */
  push(chunk: Uint8Array): void {
    const bytes = this.#buffered === 0 ? chunk : this.#append(chunk);
    let at = 0;
    while (bytes.length - at >= PRELUDE_BYTES) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at);
      const length = readLength(bytes, at, view);
      if (bytes.length - at < length) break;
      if (view.getUint32(length - CHECKSUM_BYTES) !== checksum(bytes, at, length)) throw damaged();
      const headersEnd = at + PRELUDE_BYTES + view.getUint32(4);
      const end = at + length - CHECKSUM_BYTES;
      at += PRELUDE_BYTES;
      this.#message(bytes.subarray(at, headersEnd), bytes.subarray(headersEnd, end));
      at = end + CHECKSUM_BYTES;
    }
    this.#keep(bytes, at);
  }

  /**
   * Ends the stream.
   *
   * @throws {UpstreamProtocolError} If it ends in the middle of a message.
   */
  end(): void {
    if (this.#buffered === 0) return;
    throw new UpstreamProtocolError("Cannot read the answer: it ends in the middle of a frame");
  }

  #message(headerBytes: Uint8Array, payload: Uint8Array): void {
    if (!areEqual(headerBytes, this.#known.bytes)) {
      this.#known = { bytes: headerBytes.slice(), headers: readHeaders(headerBytes) };
    }
    const { headers } = this.#known;
    switch (headers[":message-type"]) {
      case "exception":
        return this.#onFrame(utf8.decode(payload), `exception:${headers[":exception-type"] ?? ""}`);
      case "error":
        return this.#onFrame(
          headers[":error-message"] ?? "",
          `error:${headers[":error-code"] ?? ""}`,
        );
      default:
        return this.#onFrame(utf8.decode(payload), headers[":event-type"] ?? "");
    }
  }

  #append(chunk: Uint8Array): Uint8Array {
    const length = this.#buffered + chunk.length;
    if (this.#buffer.length < length) {
      // Grows with what has come, not to what a length field promises.
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#buffered));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#buffered);
    this.#buffered = length;
    return this.#buffer.subarray(0, length);
  }

  /** Keeps what begins an unfinished message; `bytes` is a chunk or the buffer itself. */
  #keep(bytes: Uint8Array, from: number): void {
    this.#buffered = bytes.length - from;
    if (this.#buffered === 0) return;
    if (bytes.buffer === this.#buffer.buffer) {
      if (from > 0) this.#buffer.copyWithin(0, from, bytes.length);
      return;
    }
    if (this.#buffer.length < this.#buffered) {
      this.#buffer = new Uint8Array(Math.max(FIRST_BUFFER_BYTES, this.#buffered));
    }
    this.#buffer.set(bytes.subarray(from));
  }
}

/** One message with string headers, such as `{":event-type": "messageStart"}`. */
export function encodeAwsMessage(
  headers: Readonly<Record<string, string>>,
  payload: string | Uint8Array,
): Uint8Array<ArrayBuffer> {
  const head = Object.entries(headers).map(([name, value]) =>
    [encoder.encode(name), encoder.encode(value)] as const
  );
  const body = typeof payload === "string" ? encoder.encode(payload) : payload;
  const headBytes = head.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  const bytes = new Uint8Array(LEAST_BYTES + headBytes + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(4, headBytes);
  view.setUint32(8, crc32(bytes.subarray(0, 8)));
  let at = PRELUDE_BYTES;
  for (const [name, value] of head) {
    bytes[at] = name.length;
    bytes.set(name, at + 1);
    at += 1 + name.length;
    bytes[at] = STRING;
    view.setUint16(at + 1, value.length);
    bytes.set(value, at + 3);
    at += 3 + value.length;
  }
  bytes.set(body, at);
  view.setUint32(bytes.length - CHECKSUM_BYTES, checksum(bytes, 0, bytes.length));
  return bytes;
}

/** The length of the message at `at`, once its prelude is found sound. */
function readLength(bytes: Uint8Array, at: number, view: DataView): number {
  const length = view.getUint32(0);
  // Before the checksum: an answer that is no event stream at all is best told by this.
  if (length > MAX_BYTES || length < LEAST_BYTES) throw impossible(length);
  if (view.getUint32(8) !== crc32(bytes.subarray(at, at + 8))) throw damaged();
  if (view.getUint32(4) > length - LEAST_BYTES) throw impossible(length);
  return length;
}

/** CRC-32 of a message without its last four bytes. */
function checksum(bytes: Uint8Array, at: number, length: number): number {
  return crc32(bytes.subarray(at, at + length - CHECKSUM_BYTES));
}

/** The headers whose values are strings. */
function readHeaders(bytes: Uint8Array): Partial<Record<string, string>> {
  const headers: Partial<Record<string, string>> = {};
  let at = 0;
  const take = (count: number): Uint8Array => {
    if (at + count > bytes.length) throw damaged();
    return bytes.subarray(at, at += count);
  };
  const takeNumber = (count: number): number =>
    take(count).reduce((sum, byte) => sum * 256 + byte, 0);
  while (at < bytes.length) {
    const name = utf8.decode(take(takeNumber(1)));
    const type = takeNumber(1);
    const value = take(type === STRING || type === BYTES ? takeNumber(2) : valueBytes(type));
    if (type === STRING) headers[name] = utf8.decode(value);
  }
  return headers;
}

function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

function valueBytes(type: number): number {
  const count = VALUE_BYTES[type];
  if (count === undefined) throw damaged();
  return count;
}

function impossible(length: number): UpstreamProtocolError {
  return new UpstreamProtocolError(
    `Cannot read the answer: the upstream sent a frame of ${length} bytes, or no event stream`,
  );
}

function damaged(): UpstreamProtocolError {
  return new UpstreamProtocolError("Cannot read the answer: the upstream sent a damaged frame");
}
