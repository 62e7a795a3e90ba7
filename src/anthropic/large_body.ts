import { LARGE, makeWay } from "../event_loop.ts";
import { isObject, type JsonObject } from "../json.ts";
import { findObjectList, type ObjectList } from "../json_bytes.ts";
import { isDeeperThan } from "../json_text.ts";
import { decodeBody } from "./body_text.ts";
import type { MessagesRequest } from "./request.ts";
import {
  checkMessagesRequest,
  type GuardOptions,
  nestedTooDeeply,
  parseMessagesRequest,
} from "./request_guard.ts";

/** Stands in for the messages while the rest is parsed; nobody else can know it. */
const PLACEHOLDER = crypto.randomUUID();

/** A body that need not be decoded as a whole. */
export interface LargeBody {
  readonly bytes: Uint8Array;
  /** All of it, decoded when it is asked for. */
  readonly text: string;
}

/**
 * Parses a large body as `parseMessagesRequest` does, and makes way for others between its steps.
 *
 * The messages are decoded and parsed one by one: a single letter outside Latin-1 makes a whole
 * text wide, and a wide one takes twice the memory and half as long again to parse.
 *
 * @throws {InvalidRequestError} If it is not JSON, nests too deeply, or a field has another type.
 */
export async function parseLargeRequest(
  body: LargeBody,
  options: GuardOptions & { readonly maxDepth: number },
): Promise<MessagesRequest> {
  const { maxDepth, ...others } = options;
  const list = findObjectList(body.bytes, "messages", maxDepth);
  const value = list && await parseInParts(body.bytes, list);
  await makeWay();
  if (value) return checkMessagesRequest(value, others);
  // To parse 32 MB of brackets would take 16 s.
  if (isDeeperThan(body.text, maxDepth)) throw nestedTooDeeply(maxDepth);
  await makeWay();
  return parseMessagesRequest(body.text, others);
}

/** Undefined if the whole is no JSON, or the list not that of its messages. */
async function parseInParts(
  bytes: Uint8Array,
  list: ObjectList,
): Promise<JsonObject | undefined> {
  const rest = parsedRest(bytes, list);
  if (!rest) return undefined;
  const messages: unknown[] = [];
  let parsedTo = list.start;
  for (const { start, end } of list.items) {
    if (end - parsedTo > LARGE) {
      await makeWay();
      parsedTo = start;
    }
    try {
      messages.push(JSON.parse(decodeBody(bytes.subarray(start, end))));
    } catch (error) {
      // The parser of the whole tells where in it the mistake is.
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
  return Object.assign(rest, { messages });
}

/** The body with {@link PLACEHOLDER} in the place of all messages. */
function parsedRest(bytes: Uint8Array, { start, end }: ObjectList): JsonObject | undefined {
  const before = decodeBody(bytes.subarray(0, start + 1));
  const after = decodeBody(bytes.subarray(end - 1));
  try {
    const value: unknown = JSON.parse(`${before}"${PLACEHOLDER}"${after}`);
    if (!isObject(value) || !Array.isArray(value.messages)) return undefined;
    return value.messages[0] === PLACEHOLDER ? value : undefined;
  } catch {
    return undefined;
  }
}
