import { GatewayError } from "../errors.ts";
import type { RequestRecord } from "./record.ts";

/** A request that was answered: what the access log, metrics, the status page and usage tell. */
export interface EndedRequest extends RequestRecord {
  readonly requestId: string;
  /** When it ended, in milliseconds since 1970. */
  readonly endedAt: number;
  readonly durationMs: number;
  readonly method: string;
  /** Path of the URL, of a client's choice and length. */
  readonly path: string;
  /** The status that the client got; 200 of a stream, however it ended. */
  readonly status: number;
  /** Name of the key that called; undefined where the server needs none. */
  readonly keyName: string | undefined;
  /** What went wrong; undefined if nothing did. */
  readonly error: unknown;
}

/** Is told of each request that was answered; called on the hot path, so it must return at once. */
export type RequestWatcher = (request: EndedRequest) => void;

/** What an ended request is made from. */
export interface EndingRequest {
  readonly request: Pick<Request, "method" | "url">;
  readonly requestId: string;
  readonly record: RequestRecord;
  readonly key: { readonly name: string } | undefined;
  /** On the clock of `performance.now`. */
  readonly startedAt: number;
}

/** Sums a request up. */
export function endRequest(ending: EndingRequest, status: number, error: unknown): EndedRequest {
  const { request, requestId, record, key, startedAt } = ending;
  return {
    ...record,
    requestId,
    endedAt: Date.now(),
    durationMs: Math.round(performance.now() - startedAt),
    method: request.method,
    path: URL.parse(request.url)?.pathname ?? "",
    status,
    keyName: key?.name,
    error,
  };
}

/** The target that answered, or the one that was asked last; undefined if none was. */
export function targetOf({ answeredBy, target }: RequestRecord): string | undefined {
  return answeredBy ?? target;
}

/** Anthropic's type of an error; undefined where all went well. */
export function errorTypeOf({ error }: Pick<EndedRequest, "error">): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof GatewayError ? error.type : "api_error";
}
