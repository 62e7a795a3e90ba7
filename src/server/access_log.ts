import { GatewayError, UpstreamError } from "../errors.ts";
import { getLogger } from "../log.ts";
import { scrub } from "../translators/common/scrub.ts";
import type { Turn } from "../translators/turn.ts";
import { type EndedRequest, type EndingRequest, targetOf } from "./ended_request.ts";
import { allInput } from "./record.ts";

const log = getLogger("access");
const lossLog = getLogger("losses");

/** Longest text of a client's choice in the log, in UTF-16 units. */
const MAX_LOGGED = 200;

/** A request whose losses are told. */
export type LosingRequest = Pick<EndingRequest, "requestId" | "record"> & {
  readonly services: { readonly lossCounts: Map<string, number> };
};

/** Writes what a translation dropped: one line for the operator, one more on the counter. */
export function noteLosses(context: LosingRequest, { losses, target }: Turn): void {
  const { record, services, requestId } = context;
  record.losses = losses.all;
  if (losses.all.length === 0) return;
  const before = services.lossCounts.get(target.name) ?? 0;
  services.lossCounts.set(target.name, before + losses.all.length);
  if (!losses.reported) return;
  lossLog.warn("Parts of the request were dropped", {
    request_id: requestId,
    target: target.name,
    dropped: losses.all.map(({ path, what }) => `${path}: ${what}`),
  });
}

/** One line for each request, when its last byte is sent. */
export function logAccess(ended: EndedRequest, logging: { readonly bodies: boolean }): void {
  const { status, tokens, error } = ended;
  const level = status >= 500 ? "warn" : "info";
  if (!log.isEnabled(level)) return;
  log[level]("request", {
    request_id: ended.requestId,
    method: ended.method,
    path: ended.path.slice(0, MAX_LOGGED),
    status,
    key: ended.keyName,
    target: targetOf(ended),
    model: ended.model?.slice(0, MAX_LOGGED),
    stream: ended.stream,
    upstream_request_id: ended.upstreamRequestId,
    first_event_ms: ended.firstEventMs,
    duration_ms: ended.durationMs,
    input_tokens: tokens && allInput(tokens),
    output_tokens: tokens?.output,
    dropped: ended.losses?.length || undefined,
    error: error === undefined ? undefined : errorWords(error, logging),
  });
}

/**
 * An error for the operator. An upstream's own words may quote the prompt, so without
 * `logging.bodies` only its status and codes are told; the client gets the words.
 */
export function errorWords(error: unknown, { bodies }: { readonly bodies: boolean }): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof GatewayError)) return `${error.name}: ${error.message}`;
  if (!(error instanceof UpstreamError)) return error.message;
  const { upstreamStatus, upstreamCodes, upstreamMessage } = error;
  const codes = upstreamCodes.filter((code) => /^[\w.-]{1,64}$/.test(code)).join(", ");
  const facts = [`upstream status ${upstreamStatus}`, codes].filter((part) => part !== "");
  const words = bodies ? `: ${scrub(upstreamMessage).slice(0, 500)}` : "";
  return `${error.type} (${facts.join("; ")})${words}`;
}
