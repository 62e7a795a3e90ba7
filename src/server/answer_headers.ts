import type { Target } from "../target.ts";
import { rateLimitHeaders } from "../translators/common/retry_headers.ts";
import type { Losses } from "../translators/losses.ts";
import type { RequestRecord } from "./record.ts";

/** Longest `x-switchyard-dropped`. */
const MAX_DROPPED = 1024;

/** Names under which upstreams give the id of a request. */
const UPSTREAM_IDS = [
  "request-id",
  "x-request-id",
  "x-amzn-requestid",
  "apim-request-id",
  "cf-ray",
];

/** Notes who answered, and under which id. */
export function noteOrigin(record: RequestRecord, target: Target, upstream: Headers): void {
  record.answeredBy = target.name;
  record.upstreamHeaders = upstream;
  record.upstreamRequestId = upstreamRequestId(upstream);
}

/** The upstream's own id of the request; undefined if it gave none that a header can hold. */
function upstreamRequestId(headers: Headers): string | undefined {
  for (const name of UPSTREAM_IDS) {
    const id = headers.get(name);
    if (id && id.length <= 200) return id;
  }
  return undefined;
}

/** Who answered; also of errors that came from an upstream. */
export function originHeaders(record: RequestRecord): Record<string, string> {
  const headers: Record<string, string> = {};
  if (record.answeredBy) headers["x-switchyard-target"] = record.answeredBy;
  if (record.upstreamRequestId) {
    headers["x-switchyard-upstream-request-id"] = record.upstreamRequestId;
  }
  return headers;
}

/** The dropped paths as a header, as many as fit; nothing if the client is not to be told. */
export function droppedHeader(losses: Losses): Record<string, string> {
  if (!losses.reported || losses.all.length === 0) return {};
  let list = "";
  for (const { path } of losses.all) {
    const next = list === "" ? path : `${list},${path}`;
    if (next.length > MAX_DROPPED) break;
    list = next;
  }
  // Paths hold names of the client's choice, which a header may not.
  return { "x-switchyard-dropped": list.replace(/[^\x21-\x7e]/g, "?") };
}

/** Headers of a translated answer. */
export function translatedHeaders(
  record: RequestRecord,
  losses: Losses,
): Record<string, string> {
  const { upstreamHeaders } = record;
  return {
    ...(upstreamHeaders ? rateLimitHeaders(upstreamHeaders, Date.now()) : {}),
    ...originHeaders(record),
    ...droppedHeader(losses),
  };
}

/** Headers of every event stream: no middlebox may buffer it. */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

/** Headers of a relayed answer: Anthropic's own, but for the one that names the account. */
export function relayedHeaders(record: RequestRecord, losses: Losses): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of record.upstreamHeaders ?? []) {
    const wanted = name.startsWith("anthropic-") || name.startsWith("retry-after") ||
      name === "x-should-retry";
    if (wanted && name !== "anthropic-organization-id") headers[name] = value;
  }
  return { ...headers, ...originHeaders(record), ...droppedHeader(losses) };
}
