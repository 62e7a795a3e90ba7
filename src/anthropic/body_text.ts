import { InvalidRequestError } from "../errors.ts";

const strict = new TextDecoder("utf-8", { fatal: true });
const lenient = new TextDecoder();

/**
 * The text of a request's body or of a part of it.
 *
 * The lenient decoder takes a third of the time, and U+FFFD shows where it has mended anything.
 *
 * @throws {InvalidRequestError} If it is not UTF-8.
 */
export function decodeBody(bytes: Uint8Array): string {
  const text = lenient.decode(bytes);
  if (!text.includes("\ufffd")) return text;
  try {
    return strict.decode(bytes);
  } catch (cause) {
    throw new InvalidRequestError("The request body is not valid UTF-8", { cause });
  }
}
