import { LONG_TEXTS } from "../../src/anthropic/long_texts.ts";
import type { MessagesRequest } from "../../src/anthropic/request.ts";
import { parseRequestBytes } from "../../src/anthropic/request_bytes.ts";

/** Levels that the body of a test may have. */
const MAX_DEPTH = 100;

/** The request of a body's text, parsed as that of a body which is not small. */
export function parsedBytes(text: string): Promise<MessagesRequest> {
  return parseRequestBytes({ bytes: new TextEncoder().encode(text), text }, {
    maxDepth: MAX_DEPTH,
  });
}

/** A request with its long texts in their places. */
export function restored({ [LONG_TEXTS]: texts, ...request }: MessagesRequest): MessagesRequest {
  texts?.restoredAll(request);
  return request as MessagesRequest;
}
