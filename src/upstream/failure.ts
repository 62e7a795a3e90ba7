import { type ErrorType, UpstreamError } from "../errors.ts";
import { isObject, tryParseJson } from "../json.ts";
import { mapFailure } from "../translators/common/failure.ts";
import { scrub } from "../translators/common/scrub.ts";
import { secretsOf } from "../target.ts";
import type { Turn } from "../translators/turn.ts";
import { BodyReader } from "./body.ts";
import type { UpstreamResponse } from "./http.ts";
import type { Exchange } from "./transport.ts";

/** Longest error body that is read, and how long that may take. */
const MAX_ERROR_BYTES = 1024 * 1024;
const ERROR_BODY_MS = 5_000;

/** Longest message that is looked through, in UTF-16 units; clients get half of it at most. */
const MAX_MESSAGE = 8 * 1024;

/** True for an answer that no API of this kind gives, whatever its status says. */
export function isForeign(response: Pick<UpstreamResponse, "status" | "headers">): boolean {
  const type = response.headers.get("content-type") ?? "";
  return response.status === 204 || /^text\/html\b/i.test(type);
}

/** What an answer that is not 2xx, or no answer of this protocol, means to the client. */
export async function readFailure(
  response: UpstreamResponse,
  exchange: Exchange,
  turn: Turn,
): Promise<UpstreamError> {
  const body = await errorBody(response, exchange);
  // A page with status 200 comes from something in front of the API, as a 502 does.
  const status = response.ok ? 502 : response.status;
  return mapFailure({ status, headers: response.headers, body }, turn);
}

/**
 * The same for an upstream that words its errors as Anthropic does: they pass as they are, since
 * clients act on the wording. A refused credential does not: it is the gateway's, not the user's.
 */
export async function readRelayedFailure(
  response: UpstreamResponse,
  exchange: Exchange,
  turn: Turn,
): Promise<UpstreamError> {
  const body = await errorBody(response, exchange);
  const mapped = mapFailure(
    { status: response.ok ? 502 : response.status, headers: response.headers, body },
    turn,
  );
  const own = tryParseJson(body);
  const isOwn = isObject(own) && own.type === "error" && isObject(own.error) &&
    typeof own.error.type === "string" && typeof own.error.message === "string";
  const { status } = response;
  if (!isOwn || response.ok || status === 401 || status === 403) return mapped;
  const { type, message, details } = own.error as Record<string, unknown>;
  return new UpstreamError(scrub(String(message).slice(0, MAX_MESSAGE), secretsOf(turn.target)), {
    status,
    type: type as ErrorType,
    headers: { ...mapped.headers, ...relayedRetryHeaders(response.headers) },
    ...(isObject(details) ? { details } : {}),
    upstreamMessage: mapped.upstreamMessage,
    upstreamStatus: status,
  });
}

async function errorBody(response: UpstreamResponse, exchange: Exchange): Promise<string> {
  const timer = setTimeout(() => exchange.abort(), ERROR_BODY_MS);
  try {
    return await new BodyReader(response.body, exchange).head(MAX_ERROR_BYTES);
  } catch {
    // The status alone says enough.
    return "";
  } finally {
    clearTimeout(timer);
    exchange.abort();
  }
}

function relayedRetryHeaders(headers: Headers): Record<string, string> {
  const wanted = (name: string) =>
    name === "retry-after" || name === "retry-after-ms" || name === "x-should-retry" ||
    name.startsWith("anthropic-ratelimit-");
  return Object.fromEntries([...headers].filter(([name]) => wanted(name)));
}
