import { GatewayError, UpstreamError } from "../errors.ts";
import { getLogger } from "../log.ts";
import { scrub } from "../translators/common/scrub.ts";
import type { Turn } from "../translators/turn.ts";
import type { RequestRecord } from "./record.ts";

const log = getLogger("access");
const lossLog = getLogger("losses");

/** Longest text of a client's choice in the log, in UTF-16 units. */
const MAX_LOGGED = 200;

/** What the log says of a request. */
export interface LoggedRequest {
  readonly request: Pick<Request, "method" | "url">;
  readonly requestId: string;
  readonly record: RequestRecord;
  readonly key: { readonly name: string } | undefined;
  /** On the clock of `performance.now`. */
  readonly startedAt: number;
  readonly services: { readonly lossCounts: Map<string, number> };
  readonly config: { readonly logging: { readonly bodies: boolean } };
}

/** Writes what a translation dropped: one line for the operator, one more on the counter. */
export function noteLosses(context: LoggedRequest, { losses, target }: Turn): void {
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
export function logAccess(context: LoggedRequest, status: number, error: unknown): void {
  const { request, requestId, record, key, startedAt, config } = context;
  const fields = {
    request_id: requestId,
    method: request.method,
    path: URL.parse(request.url)?.pathname.slice(0, MAX_LOGGED),
    status,
    key: key?.name,
    target: record.answeredBy ?? record.target,
    model: record.model?.slice(0, MAX_LOGGED),
    stream: record.stream,
    upstream_request_id: record.upstreamRequestId,
    first_event_ms: record.firstEventMs,
    duration_ms: Math.round(performance.now() - startedAt),
    input_tokens: record.tokens?.input,
    output_tokens: record.tokens?.output,
    dropped: record.losses?.length || undefined,
    error: error === undefined ? undefined : errorWords(error, config.logging),
  };
  if (status >= 500) log.warn("request", fields);
  else log.info("request", fields);
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
