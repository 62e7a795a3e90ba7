import { GatewayError, UpstreamError } from "../errors.ts";
import { getLogger } from "../log.ts";
import { scrub } from "../translators/common/scrub.ts";
import type { Turn } from "../translators/turn.ts";
import type { RequestRecord } from "./record.ts";

const log = getLogger("access");
const lossLog = getLogger("losses");

/** What the log says of a request. */
export interface LoggedRequest {
  readonly request: Pick<Request, "method" | "url">;
  readonly requestId: string;
  readonly record: RequestRecord;
  readonly key: { readonly name: string } | undefined;
  /** On the clock of `performance.now`. */
  readonly startedAt: number;
  readonly services: { readonly lossCounts: Map<string, number> };
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
  const { request, requestId, record, key, startedAt } = context;
  const fields = {
    request_id: requestId,
    method: request.method,
    path: new URL(request.url).pathname,
    status,
    key: key?.name,
    target: record.answeredBy ?? record.target,
    model: record.model,
    stream: record.stream,
    upstream_request_id: record.upstreamRequestId,
    first_event_ms: record.firstEventMs,
    duration_ms: Math.round(performance.now() - startedAt),
    input_tokens: record.tokens?.input,
    output_tokens: record.tokens?.output,
    dropped: record.losses?.length || undefined,
    error: error === undefined ? undefined : errorWords(error),
  };
  if (status >= 500) log.warn("request", fields);
  else log.info("request", fields);
}

/** An error for the operator: what the client got, and the upstream's own words. */
function errorWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof GatewayError)) return `${error.name}: ${error.message}`;
  const upstream = error instanceof UpstreamError ? scrub(error.upstreamMessage).slice(0, 500) : "";
  return upstream && !error.message.includes(upstream)
    ? `${error.message} (upstream: ${upstream})`
    : error.message;
}
