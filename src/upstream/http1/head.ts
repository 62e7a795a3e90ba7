/** The head of an answer, as far as HTTP itself is concerned. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Headers;
  /** Where the body ends: with its last chunk, after so many bytes, or with the connection. */
  readonly body: "chunked" | "until_close" | number;
  /** Whether the connection may serve another request afterwards. */
  readonly keepAlive: boolean;
}

/** An answer that breaks the rules of HTTP. */
export class HttpSyntaxError extends Error {
  override readonly name = "HttpSyntaxError";

  constructor(what: string) {
    super(`Invalid HTTP: ${what}`);
  }
}

/** More lines than any server sends. */
const MAX_LINES = 256;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t -~\u0080-\uffff]*)?$/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*([\t -~\u0080-\uffff]*)$/;

const decoder = new TextDecoder("latin1");

/**
 * Reads the head of an answer, with the empty line behind it.
 *
 * @throws {HttpSyntaxError} If it is none, or leaves open where the body ends.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-6.3}
 */
export function parseHead(bytes: Uint8Array): AnswerHead {
  const text = decoder.decode(bytes).replace(/^(?:\r?\n)+|\r?\n\r?\n$/g, "");
  const [statusLine = "", ...lines] = text.split(/\r?\n/);
  const status = STATUS_LINE.exec(statusLine);
  if (!status) throw new HttpSyntaxError("no status line");
  if (status[2] === "101") throw new HttpSyntaxError("an upgrade that nobody asked for");
  if (lines.length > MAX_LINES) throw new HttpSyntaxError("too many headers");
  const headers = new Headers();
  for (const line of lines) addHeader(headers, line);
  const isOld = status[1] === "0";
  return { status: Number(status[2]), headers, ...bodyOf(Number(status[2]), headers, isOld) };
}

/** True for a header with the end of its line. */
export function isHeader(line: string): boolean {
  return line.endsWith("\r\n") && HEADER_LINE.test(line.slice(0, -2));
}

function addHeader(headers: Headers, line: string): void {
  const match = HEADER_LINE.exec(line);
  if (!match) throw new HttpSyntaxError("a line that is no header");
  // The decoder takes some of Latin-1's control characters for letters of Windows.
  headers.append(match[1] ?? "", (match[2] ?? "").replace(/[\u0100-\uffff]/g, "?"));
}

function bodyOf(
  status: number,
  headers: Headers,
  isOld: boolean,
): Pick<AnswerHead, "body" | "keepAlive"> {
  const connection = headers.get("connection")?.toLowerCase() ?? "";
  const keepAlive = isOld ? /\bkeep-alive\b/.test(connection) : !/\bclose\b/.test(connection);
  if (status < 200 || status === 204 || status === 304) return { body: 0, keepAlive };
  const coding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  if (coding !== null) {
    if (isOld || !/^\s*chunked\s*$/i.test(coding)) {
      throw new HttpSyntaxError("an unknown transfer coding");
    }
    // Who sends both may have been talked into it: what follows is not to be trusted.
    return { body: "chunked", keepAlive: keepAlive && length === null };
  }
  if (length === null) return { body: "until_close", keepAlive: false };
  const [first = "", ...others] = length.split(/\s*,\s*/);
  if (!/^\d{1,15}$/.test(first) || others.some((other) => other !== first)) {
    throw new HttpSyntaxError("no valid content-length");
  }
  return { body: Number(first), keepAlive };
}
