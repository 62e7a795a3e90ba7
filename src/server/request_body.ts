import { compressionFormat, concatBytes } from "../bytes.ts";
import { decodeBody } from "../anthropic/body_text.ts";
import { InvalidRequestError } from "../errors.ts";

/** A body as it came, and as it reads. */
export class RequestBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  #text: string | undefined;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
  }

  /**
   * Decoded when it is asked for the first time.
   *
   * @throws {InvalidRequestError} If it is not UTF-8.
   */
  get text(): string {
    return this.#text ??= decodeBody(this.bytes);
  }
}

/** How much is decompressed at once. */
const SLICE_BYTES = 4 * 1024;

/**
 * Refuses a request whose end two readers might see in different places, and its connection with
 * it. Deno 2.9.6 does so itself; 2.7.11 goes by the chunks and hands both headers on.
 *
 * @throws {InvalidRequestError} If it has a length and chunks.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-6.3}
 */
export function refuseAmbiguousFraming({ headers }: Request): void {
  if (!headers.has("content-length") || !headers.has("transfer-encoding")) return;
  throw new InvalidRequestError("A request cannot have a content-length and a transfer-encoding", {
    headers: { connection: "close" },
  });
}

/**
 * Reads a request's body, decompressed.
 *
 * @throws {InvalidRequestError} With 413 if it is too large, 400 if it cannot be decoded.
 */
export async function readRequestBody(request: Request, maxBytes: number): Promise<RequestBody> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (declared > maxBytes) throw tooLarge(maxBytes);
  if (!request.body) throw new InvalidRequestError("The request has no body");
  // A declared length is kept by the HTTP layer: such a body is read in one piece, outside JS.
  const isWhole = encoding === "identity" && request.headers.has("content-length");
  const bytes = isWhole
    ? await wholeBody(request)
    : await collect(decoded(request.body, encoding), maxBytes, encoding);
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return new RequestBody(bytes);
}

async function wholeBody(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await request.bytes();
  } catch (cause) {
    throw endedEarly(cause);
  }
}

function decoded(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  encoding: string,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (encoding === "identity") return body;
  const format = compressionFormat(encoding);
  if (format) return body.pipeThrough(inSlices()).pipeThrough(new DecompressionStream(format));
  throw new InvalidRequestError(
    `The content-encoding '${encoding.slice(0, 40)}' is not supported: send gzip, deflate or none`,
    { details: { error_code: "request_body_encoding_unsupported" } },
  );
}

/** A decompressor unpacks what it gets at once: 64 KB can become 64 MB before anybody counts. */
function inSlices(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  return new TransformStream({
    transform(bytes, controller): void {
      for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
        controller.enqueue(bytes.subarray(at, at + SLICE_BYTES));
      }
    },
  });
}

async function collect(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  maxBytes: number,
  encoding: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    for await (const piece of body) {
      size += piece.length;
      // Leaving the loop cancels the body: a bomb is not unpacked further than the limit.
      if (size > maxBytes) throw tooLarge(maxBytes);
      pieces.push(piece);
    }
  } catch (cause) {
    if (cause instanceof InvalidRequestError) throw cause;
    if (encoding === "identity") throw endedEarly(cause);
    throw new InvalidRequestError(`The request body is not valid ${encoding}`, {
      cause,
      details: { error_code: "request_body_encoding_invalid" },
    });
  }
  return pieces.length === 1 && pieces[0] ? pieces[0] : concatBytes(pieces);
}

function endedEarly(cause: unknown): InvalidRequestError {
  return new InvalidRequestError("The request body ended too early", { cause });
}

function tooLarge(maxBytes: number): InvalidRequestError {
  return new InvalidRequestError(
    `The request body is larger than the limit of ${maxBytes} bytes (listen.max_body)`,
    { status: 413, type: "request_too_large" },
  );
}
