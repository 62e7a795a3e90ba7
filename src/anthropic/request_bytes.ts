import { LARGE, makeWay } from "../event_loop.ts";
import { isObject, type JsonObject, tryParseJson } from "../json.ts";
import { type ByteSpan, type FoundMember, type ObjectList, scanObject } from "../json_bytes.ts";
import { isDeeperThan } from "../json_text.ts";
import { decodeBody } from "./body_text.ts";
import { findKnownTools, type KnownTools, rememberTools } from "./known_tools.ts";
import { LONG_TEXTS } from "./long_texts.ts";
import { MessagesParser } from "./messages_parser.ts";
import type { MessagesRequest } from "./request.ts";
import {
  checkMessagesRequest,
  type GuardOptions,
  nestedTooDeeply,
  parseMessagesRequest,
} from "./request_guard.ts";

/** Smaller bodies are parsed as a whole in less time than it takes to look through them. */
const SMALL = 8 * 1024;

/** Stands in for what is parsed by itself, or known; nobody else can know it. */
const PLACEHOLDER = crypto.randomUUID();

/** A body that need not be decoded as a whole. */
export interface RequestBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** All of it, decoded when it is asked for. */
  readonly text: string;
}

/** A body is checked for this. */
type BodyOptions = GuardOptions & { readonly maxDepth: number };

/**
 * Parses the body of `POST /v1/messages`.
 *
 * @throws {InvalidRequestError} If it is not JSON, nests too deeply, or a field has another type.
 */
export async function parseRequestBody(
  body: RequestBytes,
  options: BodyOptions,
): Promise<MessagesRequest> {
  return body.bytes.length < SMALL
    ? parseMessagesRequest(body.text, options)
    : await parseRequestBytes(body, options);
}

/**
 * Parses a body as `parseMessagesRequest` does, but only what nobody knows yet and somebody reads.
 *
 * Tools that came before word for word are those of the request that they came in: they are most of
 * an agent's request. Long texts that are only handed on stay bytes: the request has `LongTexts`.
 * The messages are decoded and parsed in portions: a single letter outside Latin-1 makes a whole
 * text wide, and a wide one takes twice the memory and half as long again to parse. A large body
 * makes way for others between the steps.
 *
 * @throws {InvalidRequestError} If it is not JSON, nests too deeply, or a field has another type.
 */
export async function parseRequestBytes(
  body: RequestBytes,
  { maxDepth, ...options }: BodyOptions,
): Promise<MessagesRequest> {
  const { bytes } = body;
  let known: KnownTools | undefined;
  const scan = scanObject(bytes, {
    list: "messages",
    member: "tools",
    maxDepth,
    knownEnd: (at) => {
      known = findKnownTools(bytes, at);
      return known && at + known.member.byteLength;
    },
  });
  const tools = scan?.member && placedTools(bytes, scan.member, known);
  const value = scan && await parseInParts(bytes, scan.list, tools);
  if (bytes.length > LARGE) await makeWay();
  if (!value) return await parseWhole(body, { maxDepth, ...options });
  const request = checkMessagesRequest(value, options);
  if (tools && !tools.isKnown && request.tools) {
    rememberTools(bytes.subarray(tools.start, tools.end), request.tools);
  }
  return request;
}

/** The tools of a request, parsed by themselves, and where they stand. */
interface PlacedTools extends FoundMember {
  readonly tools: readonly unknown[];
}

/** Undefined if what stands there is no list. */
function placedTools(
  bytes: Uint8Array,
  member: FoundMember,
  known: KnownTools | undefined,
): PlacedTools | undefined {
  const tools = member.isKnown ? known?.tools : parsedTools(bytes, member);
  return tools && { ...member, tools };
}

function parsedTools(bytes: Uint8Array, { start, end }: ByteSpan): readonly unknown[] | undefined {
  const value = tryParseJson(`{${decodeBody(bytes.subarray(start, end))}}`);
  return isObject(value) && Array.isArray(value.tools) ? value.tools : undefined;
}

/** For what cannot be taken apart; it also tells where in the body a mistake is. */
async function parseWhole(body: RequestBytes, options: BodyOptions): Promise<MessagesRequest> {
  // To parse 32 MB of brackets would take 16 s.
  if (isDeeperThan(body.text, options.maxDepth)) throw nestedTooDeeply(options.maxDepth);
  if (body.bytes.length > LARGE) await makeWay();
  return parseMessagesRequest(body.text, options);
}

/** Undefined if the whole is no JSON, or what was found is not what counts in it. */
async function parseInParts(
  bytes: Uint8Array<ArrayBuffer>,
  list: ObjectList,
  tools: PlacedTools | undefined,
): Promise<JsonObject | undefined> {
  const rest = parsedRest(bytes, list, tools);
  if (!rest) return undefined;
  const parser = new MessagesParser(bytes, list.items);
  let parsedTo = list.start;
  for (const item of list.items) {
    if (item.end - parsedTo > LARGE) {
      await makeWay();
      parsedTo = item.start;
    }
    if (!parser.add(item)) return undefined;
  }
  if (!parser.flush()) return undefined;
  const { messages, texts } = parser;
  return Object.assign(
    rest,
    { messages },
    tools && { tools: tools.tools },
    !texts.isEmpty && { [LONG_TEXTS]: texts },
  );
}

/** The body with {@link PLACEHOLDER} in the place of all messages, and of the tools if given. */
function parsedRest(
  bytes: Uint8Array,
  messages: ByteSpan,
  tools: ByteSpan | undefined,
): JsonObject | undefined {
  // The brackets at their ends stay: at the beginning of a text a byte order mark would be dropped.
  const holes = [{ start: messages.start, end: messages.end - 1, text: `["${PLACEHOLDER}"` }];
  if (tools) holes.push({ ...tools, end: tools.end - 1, text: `"tools":["${PLACEHOLDER}"` });
  let json = "";
  let from = 0;
  for (const { start, end, text } of holes.sort((a, b) => a.start - b.start)) {
    json += decodeBody(bytes.subarray(from, start)) + text;
    from = end;
  }
  const value = tryParseJson(json + decodeBody(bytes.subarray(from)));
  if (!isObject(value) || !isPlaceholder(value.messages)) return undefined;
  return tools === undefined || isPlaceholder(value.tools) ? value : undefined;
}

function isPlaceholder(list: unknown): boolean {
  return Array.isArray(list) && list[0] === PLACEHOLDER;
}
