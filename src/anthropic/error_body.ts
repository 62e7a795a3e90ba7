import { GatewayError, InvalidRequestError } from "../errors.ts";

/** An error as the client gets it before the first byte of an answer. */
export interface ErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Longest message that reaches a client, in UTF-16 units. */
const MAX_MESSAGE = 4096;

/**
 * The status, headers and body of an error. What is not a {@link GatewayError} is ours and says
 * nothing about its inside.
 *
 * @see {@link https://docs.anthropic.com/en/api/errors}
 */
export function errorResponse(error: unknown, requestId: string): ErrorResponse {
  const known = asGatewayError(error);
  return {
    status: known.status,
    headers: { ...known.headers, "content-type": "application/json" },
    body: errorJson(known, requestId),
  };
}

/** An error as the last event of a stream that was already committed. */
export function errorEvent(error: unknown, requestId: string): string {
  return `event: error\ndata: ${errorJson(asGatewayError(error), requestId)}\n\n`;
}

/** The error itself if it is ours to show; a nameless 500 for anything else. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof RangeError && /call stack/i.test(error.message)) {
    return new InvalidRequestError("The request is nested too deeply", { cause: error });
  }
  return new GatewayError("Internal error of the gateway; its log says more", {
    status: 500,
    type: "api_error",
    cause: error,
  });
}

function errorJson(error: GatewayError, requestId: string): string {
  const { type, message, details } = error;
  return JSON.stringify({
    type: "error",
    error: {
      type,
      message: (message.length > MAX_MESSAGE ? message.slice(0, MAX_MESSAGE) : message)
        .toWellFormed(),
      ...(details ? { details } : {}),
    },
    request_id: requestId,
  });
}
