import { HttpSyntaxError, isHeader } from "./head.ts";

/** Most bytes of framing without any data: of a size with what stands behind it, or of the trailer. */
const MAX_FRAMING = 16 * 1024;

/** Digits of a chunk's size that a number holds exactly. */
const MAX_DIGITS = 13;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const SEMICOLON = 0x3b;

/** What comes next; the first four are parts of the line that tells a chunk's size. */
type State =
  | "first_digit"
  | "digits"
  | "extension"
  | "size_lf"
  | "data"
  | "data_cr"
  | "data_lf"
  | "trailer";

/**
 * Takes the framing out of a body that is sent in chunks, where it stands: what is left of the
 * pieces moves together, and nothing is copied elsewhere.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-7.1}
 */
export class ChunkDecoder {
  #state: State = "first_digit";
  /** The size that is being read, then the bytes of the chunk that are left. */
  #left = 0;
  #digits = 0;
  /** Bytes of framing since the last data. */
  #framing = 0;
  /** What was read of a line of the trailer. */
  #line = "";
  #isOver = false;

  /** True once the last chunk and the trailer behind it were read. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Decodes bytes in place. Data then begins at `start` and ends at `dataEnd`; what follows `next` was
   * not looked at, which is all that comes behind the end of the body.
   *
   * @throws {HttpSyntaxError} If they are no chunks.
   */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
  ): { readonly dataEnd: number; readonly next: number } {
    let dataEnd = start;
    let at = start;
    while (at < end && !this.#isOver) {
      if (this.#state !== "data") {
        this.#readFraming(bytes[at] ?? 0);
        at++;
        continue;
      }
      const length = Math.min(this.#left, end - at);
      if (dataEnd !== at) bytes.copyWithin(dataEnd, at, at + length);
      dataEnd += length;
      at += length;
      this.#left -= length;
      if (this.#left === 0) this.#state = "data_cr";
    }
    return { dataEnd, next: at };
  }

  #readFraming(byte: number): void {
    if (++this.#framing > MAX_FRAMING) throw new HttpSyntaxError("endless framing of a chunk");
    switch (this.#state) {
      case "data_cr":
        if (byte !== CR) throw new HttpSyntaxError("a chunk is longer than its size");
        this.#state = "data_lf";
        return;
      case "data_lf":
        if (byte !== LF) throw new HttpSyntaxError("a chunk is longer than its size");
        this.#state = "first_digit";
        return;
      case "trailer":
        return this.#readTrailer(byte);
      case "extension":
        if (byte === LF) throw new HttpSyntaxError("a bare line feed behind a chunk's size");
        if (byte === CR) this.#state = "size_lf";
        return;
      case "size_lf":
        if (byte !== LF) throw new HttpSyntaxError("a bare carriage return behind a chunk's size");
        return this.#endSize();
      default:
        return this.#readSize(byte);
    }
  }

  #readSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#state = "digits";
      this.#left = this.#left * 16 + digit;
      if (++this.#digits > MAX_DIGITS) throw new HttpSyntaxError("a chunk of an impossible size");
      return;
    }
    if (this.#state === "first_digit") throw new HttpSyntaxError("a chunk without a size");
    if (byte === CR) this.#state = "size_lf";
    else if (byte === SEMICOLON || byte === SPACE || byte === TAB) this.#state = "extension";
    else throw new HttpSyntaxError("a chunk whose size is no number");
  }

  #endSize(): void {
    this.#digits = 0;
    this.#framing = 0;
    this.#state = this.#left > 0 ? "data" : "trailer";
  }

  /** The body ends with the first empty line. Nobody needs what stands in the others. */
  #readTrailer(byte: number): void {
    this.#line += String.fromCharCode(byte);
    if (byte !== LF) return;
    if (this.#line === "\r\n") this.#isOver = true;
    else if (!isHeader(this.#line)) throw new HttpSyntaxError("a trailer that is none");
    this.#line = "";
  }
}

/** The value of a hexadecimal digit; negative if it is none. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
