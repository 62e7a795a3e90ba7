import { concatBytes } from "../../bytes.ts";
import { ChunkDecoder } from "./chunks.ts";
import { type AnswerHead, HttpSyntaxError, parseHead } from "./head.ts";

/**
 * Sizes of the read buffer: at first, while an answer comes in small pieces (thousands of slow
 * streams hold one each), and at most.
 */
const BUFFER_BYTES = { first: 16 * 1024, small: 4 * 1024, max: 64 * 1024 } as const;

/** Longest head of an answer. */
const MAX_HEAD = 64 * 1024;

/** Longest piece of a body that goes out in one write with the head. */
const SHORT_PIECE = 64 * 1024;

const LF = 0x0a;
const CR = 0x0d;

const encoder = new TextEncoder();

/** An upstream hung up, before it answered or in the middle. */
export class ConnectionClosedError extends Error {
  override readonly name = "ConnectionClosedError";

  constructor() {
    super("connection closed before the end of the answer");
  }
}

/**
 * One connection, and one request on it at a time.
 *
 * Bytes are read straight into a buffer of its own, and a burst of many chunks in one go: `fetch`
 * makes a read and a promise for every one of them.
 */
export class Connection {
  readonly #conn: Deno.Conn;
  #buffer = new Uint8Array(BUFFER_BYTES.first);
  /** What was read and not yet looked at. */
  #start = 0;
  #end = 0;
  #lastCount = BUFFER_BYTES.first / 2;
  /** The read that waits while the connection is idle, to notice its end. */
  #watch: Promise<number | null> | undefined;
  #head: AnswerHead | undefined;
  #chunks: ChunkDecoder | undefined;
  /** Bytes that are still to come of a body without chunks. */
  #left = 0;
  #isWritten = false;
  #isClosed = false;
  #onEnd: () => void = () => {};

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** True if the last answer was read to its end, and another request may follow. */
  get isReusable(): boolean {
    return this.#isOver && this.#isWritten && this.#head?.keepAlive === true &&
      this.#start === this.#end;
  }

  /**
   * Sends a request and reads the head of its answer, which may come before all is sent. Calls back
   * when the body of the answer was read to its end.
   *
   * @throws {HttpSyntaxError} If the answer is no HTTP.
   * @throws {ConnectionClosedError} If there is none.
   * @throws {Error} If the connection broke, as the runtime words it.
   */
  async send(
    head: string,
    body: readonly Uint8Array<ArrayBuffer>[],
    onEnd: () => void,
  ): Promise<AnswerHead> {
    this.#onEnd = onEnd;
    this.#isWritten = false;
    // What keeps the request from being written ends the answer too, unless that was there before.
    this.#write(head, body).then(() => this.#isWritten = true, () => {});
    let answer = await this.#readHead();
    while (answer.status < 200) answer = await this.#readHead();
    this.#head = answer;
    this.#chunks = answer.body === "chunked" ? new ChunkDecoder() : undefined;
    this.#left = typeof answer.body === "number" ? answer.body : Infinity;
    return answer;
  }

  /**
   * The next bytes of the body, valid until the next call; undefined at its end, and once the
   * connection was closed on this side.
   *
   * @throws {HttpSyntaxError} If they break the rules.
   * @throws {ConnectionClosedError} If the body ends too early.
   */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (!this.#isOver) {
      if (this.#start === this.#end && !await this.#fill()) {
        if (this.#isClosed) return undefined;
        if (this.#head?.body !== "until_close") throw new ConnectionClosedError();
        this.#left = 0;
        continue;
      }
      const start = this.#start;
      const end = this.#takeData();
      if (end > start) return this.#buffer.subarray(start, end);
    }
    this.#onEnd();
    return undefined;
  }

  /** Looks after a connection that nobody uses; calls back once it ends, or says anything. */
  watch(onEnd: () => void): void {
    // It keeps neither the process alive, nor the buffer of a burst.
    this.#conn.unref();
    if (this.#buffer.length > BUFFER_BYTES.first) {
      this.#buffer = new Uint8Array(BUFFER_BYTES.first);
    }
    const watch = this.#conn.read(this.#roomForNext());
    this.#watch = watch;
    const tell = () => {
      if (this.#watch === watch) onEnd();
    };
    watch.then(tell, tell);
  }

  /** Closes the connection; a read that waits gets the end. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
  }

  get #isOver(): boolean {
    return this.#chunks ? this.#chunks.isOver : this.#left === 0;
  }

  async #write(head: string, body: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    const [first, ...others] = body;
    const headBytes = encodeLatin1(head);
    if (first && first.length <= SHORT_PIECE) {
      await this.#writeAll(concatBytes([headBytes, first]));
    } else {
      await this.#writeAll(headBytes);
      if (first) await this.#writeAll(first);
    }
    for (const piece of others) await this.#writeAll(piece);
  }

  async #writeAll(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      rest = rest.subarray(await this.#conn.write(rest));
    }
  }

  async #readHead(): Promise<AnswerHead> {
    for (let searched = 0;;) {
      const unread = this.#buffer.subarray(this.#start, this.#end);
      const length = headLength(unread, searched);
      if (length !== undefined) {
        this.#start += length;
        return parseHead(unread.subarray(0, length));
      }
      if (unread.length > MAX_HEAD) throw new HttpSyntaxError("the head is too long");
      // The end may be cut anywhere.
      searched = Math.max(0, unread.length - 3);
      if (await this.#fill()) continue;
      if (unread.length > 0) throw new HttpSyntaxError("the answer ends in its head");
      throw new ConnectionClosedError();
    }
  }

  /** Passes over the framing of what was read; where the data ends that begins at `#start`. */
  #takeData(): number {
    if (this.#chunks) {
      const { dataEnd, next } = this.#chunks.decode(this.#buffer, this.#start, this.#end);
      this.#start = next;
      return dataEnd;
    }
    const length = Math.min(this.#left, this.#end - this.#start);
    this.#start += length;
    this.#left -= length;
    return this.#start;
  }

  /** Reads more, behind what was not looked at yet; false at the end of the connection. */
  async #fill(): Promise<boolean> {
    try {
      const count = await (this.#endWatch() ?? this.#conn.read(this.#roomForNext()));
      if (count === null) return false;
      this.#lastCount = count;
      this.#end += count;
      return true;
    } catch (error) {
      if (this.#isClosed) return false;
      throw error;
    }
  }

  #endWatch(): Promise<number | null> | undefined {
    const watch = this.#watch;
    if (!watch) return undefined;
    this.#watch = undefined;
    this.#conn.ref();
    return watch;
  }

  /** Where the next bytes go; a buffer of another size if that fits what comes better. */
  #roomForNext(): Uint8Array<ArrayBuffer> {
    const { length } = this.#buffer;
    if (this.#start < this.#end) {
      if (this.#end === length) this.#moveTo(new Uint8Array(length * 2));
      return this.#buffer.subarray(this.#end);
    }
    this.#start = 0;
    this.#end = 0;
    const { small, max } = BUFFER_BYTES;
    if (this.#lastCount === length && length < max) this.#buffer = new Uint8Array(length * 4);
    else if (this.#lastCount < small && length > small) this.#buffer = new Uint8Array(small);
    return this.#buffer;
  }

  #moveTo(buffer: Uint8Array<ArrayBuffer>): void {
    const unread = this.#buffer.subarray(this.#start, this.#end);
    buffer.set(unread);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = unread.length;
  }
}

/** Bytes of a head with its empty line; undefined if that is not among them. */
function headLength(bytes: Uint8Array, from: number): number | undefined {
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return undefined;
}

function encodeLatin1(text: string): Uint8Array<ArrayBuffer> {
  const bytes = encoder.encode(text);
  return bytes.length === text.length
    ? bytes
    : Uint8Array.from(text, (character) => character.charCodeAt(0));
}
