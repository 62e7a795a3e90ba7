/** Error types that Anthropic publishes; nothing else may appear as `error.type`. */
export type ErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "billing_error"
  | "permission_error"
  | "not_found_error"
  | "request_too_large"
  | "rate_limit_error"
  | "timeout_error"
  | "api_error"
  | "overloaded_error"
  | "conflict_error";

/** What an error tells the client besides its message. */
export interface GatewayErrorOptions {
  readonly status: number;
  readonly type: ErrorType;
  /** Extra response headers, such as `retry-after`; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Becomes `error.details` of the body. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Anything that ends a request; `anthropic/error_body.ts` alone turns it into a body. */
export class GatewayError extends Error {
  readonly status: number;
  readonly type: ErrorType;
  readonly headers: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(message: string, options: GatewayErrorOptions) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.status = options.status;
    this.type = options.type;
    this.headers = options.headers ?? {};
    this.details = options.details;
  }
}

/** The client sent what no target could serve. */
export class InvalidRequestError extends GatewayError {
  constructor(message: string, options: Partial<GatewayErrorOptions> = {}) {
    super(message, { status: 400, type: "invalid_request_error", ...options });
  }
}

/** The request is sound, but this target cannot serve it; raised before any upstream call. */
export class UnsupportedFeatureError extends GatewayError {
  constructor(message: string) {
    super(message, { status: 400, type: "invalid_request_error" });
  }
}

/** The client's key is missing or unknown (401), or not meant for this target or origin (403). */
export class AuthenticationError extends GatewayError {
  constructor(message: string, status: 401 | 403 = 401) {
    const type = status === 401 ? "authentication_error" : "permission_error";
    super(message, { status, type });
  }
}

/** No target or route has that name. */
export class UnknownTargetError extends GatewayError {
  constructor(message: string) {
    super(message, { status: 404, type: "not_found_error" });
  }
}

/** The gateway itself cannot take the request now: it drains or is full. */
export class UnavailableError extends GatewayError {
  constructor(message: string) {
    super(message, { status: 529, type: "overloaded_error", headers: { "retry-after": "1" } });
  }
}

/** Nobody waits for the answer any more; told to the log alone. */
export class ClientGoneError extends GatewayError {
  constructor() {
    // The status that nginx gave to this case; no client sees it.
    super("The client is gone", { status: 499, type: "api_error" });
  }
}

/** How an upstream failure that is really an answer ends: a message with this stop reason. */
export interface FailureAnswer {
  readonly stopReason: "refusal" | "max_tokens";
  readonly explanation: string;
}

/** What an upstream's refusal to answer was mapped to. */
export interface UpstreamErrorOptions extends GatewayErrorOptions {
  /** Set where the client is better served by a finished message than by an error. */
  readonly answer?: FailureAnswer | undefined;
  /** The upstream's own words, for recognisers and the operator's log; never sent as they are. */
  readonly upstreamMessage?: string;
  /** Codes and types that it named, in lower case. */
  readonly upstreamCodes?: readonly string[];
  /** The status that the upstream answered with; 200 when the error came in a stream or body. */
  readonly upstreamStatus?: number;
}

/** The upstream answered, and the answer was an error. */
export class UpstreamError extends GatewayError {
  readonly answer: FailureAnswer | undefined;
  readonly upstreamMessage: string;
  readonly upstreamCodes: readonly string[];
  readonly upstreamStatus: number;

  constructor(message: string, options: UpstreamErrorOptions) {
    super(message, options);
    this.answer = options.answer;
    this.upstreamMessage = options.upstreamMessage ?? "";
    this.upstreamCodes = options.upstreamCodes ?? [];
    this.upstreamStatus = options.upstreamStatus ?? 200;
  }
}

/** The upstream could not be reached, or was silent for too long. */
export class UpstreamUnreachableError extends GatewayError {
  /** True when no connection was made or it broke before an answer: safe to try again. */
  readonly connectionFailed: boolean;

  constructor(
    message: string,
    options: Partial<GatewayErrorOptions> & { readonly connectionFailed?: boolean } = {},
  ) {
    super(message, { status: 502, type: "api_error", ...options });
    this.connectionFailed = options.connectionFailed ?? false;
  }
}

/** The upstream answered what its protocol does not allow, or stopped before the end. */
export class UpstreamProtocolError extends GatewayError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { status: 502, type: "api_error", ...options });
  }
}

/** One thing wrong with the config file. */
export interface ConfigProblem {
  /** 1-based; 0 when the problem belongs to the file as a whole. */
  readonly line: number;
  readonly column: number;
  /** Dotted path inside the file, such as `targets.fast.base_url`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

/** The config file cannot be used; never reaches a client. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[], options?: ErrorOptions) {
    super(problems.map((problem) => formatProblem(file, problem)).join("\n"), options);
    this.file = file;
    this.problems = problems;
  }
}

/** A problem as `check` prints it: `proxy.yaml:LINE:COL path: message`. */
export function formatProblem(file: string, problem: ConfigProblem): string {
  const place = problem.line > 0 ? `${file}:${problem.line}:${problem.column}` : file;
  return problem.path
    ? `${place} ${problem.path}: ${problem.message}`
    : `${place}: ${problem.message}`;
}
