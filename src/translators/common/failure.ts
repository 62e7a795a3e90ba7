import { type FailureAnswer, UpstreamError, type UpstreamErrorOptions } from "../../errors.ts";
import type { Profile } from "../../profiles/schema.ts";
import { secretsOf, type Target } from "../../target.ts";
import { contextLimitMessage, unmeasuredContextLimit } from "./context_limit.ts";
import {
  errorType,
  isContentPolicy,
  isOutputExhausted,
  judge,
  type Verdict,
} from "./failure_rules.ts";
import { type FailureText, readFailure } from "./failure_text.ts";
import { rateLimitHeaders, retryAfterSeconds } from "./retry_headers.ts";
import { scrub, scrubSecrets } from "./scrub.ts";
import { limitBytes } from "./text_limit.ts";

/** Whose failure it is; a turn will do. */
export interface FailureContext {
  readonly target: Pick<Target, "name" | "apiKeys"> & Partial<Pick<Target, "headers" | "query">>;
  readonly profile: Pick<Profile, "error_codes">;
  /** The upstream model, which a 404 should name. */
  readonly model?: string | undefined;
}

/** An upstream's HTTP answer that is no success. */
export interface FailedResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** Milliseconds since 1970, to turn dates into waits; the present by default. */
  readonly now?: number;
}

const MAX_MESSAGE_BYTES = 4096;

/** Wordings that clients act on; they go out without a target's name in front. */
const MATCHED = /image exceeds|image dimensions exceed|thinking|signature|mid-conversation/i;

/** Statuses under which a text cannot be about the size of the prompt. */
const NO_CONTEXT_LIMIT: ReadonlySet<number> = new Set([401, 402, 403, 429]);

/** What an upstream's refusal is to the client: status, type, message and headers. */
export function mapFailure(response: FailedResponse, context: FailureContext): UpstreamError {
  const { status, headers, body, now = Date.now() } = response;
  const text = readFailure(body, headers);
  return toError({ status, headers, text, now }, context);
}

/** The same for an error object, or its text, inside a stream or an answer with status 200. */
export function mapErrorObject(error: unknown, context: FailureContext): UpstreamError {
  const facts = { status: 200, headers: new Headers(), text: readFailure(error), now: 0 };
  return toError(facts, context);
}

interface Facts {
  readonly status: number;
  readonly headers: Headers;
  readonly text: FailureText;
  readonly now: number;
}

function toError(facts: Facts, context: FailureContext): UpstreamError {
  const { status, text } = facts;
  const known = {
    upstreamMessage: scrubSecrets(text.message, secretsOf(context.target)),
    upstreamCodes: text.codes,
    upstreamStatus: status,
  };
  const answer = answerInstead(facts, context);
  const limit = answer ? undefined : contextLimit(facts, context);
  if (limit !== undefined) {
    return new UpstreamError(limit, { ...known, status: 400, type: "invalid_request_error" });
  }
  const verdict = answer ? { status: 400 } : verdictFor(facts, context);
  const options: UpstreamErrorOptions = {
    ...known,
    status: verdict.status,
    type: errorType(verdict.status),
    headers: retryHeaders(facts, verdict),
    answer,
  };
  return new UpstreamError(clientMessage(facts, verdict.status, context), options);
}

/** A finished message in the error's place, where an error would mislead the client. */
function answerInstead(
  { status, text }: Facts,
  { target }: FailureContext,
): FailureAnswer | undefined {
  const explanation = limitBytes(scrub(text.message, secretsOf(target)), MAX_MESSAGE_BYTES);
  if (isContentPolicy(status, text)) return { stopReason: "refusal", explanation };
  if (isOutputExhausted(text.message)) return { stopReason: "max_tokens", explanation };
  return undefined;
}

function contextLimit({ status, text }: Facts, { profile }: FailureContext): string | undefined {
  if (NO_CONTEXT_LIMIT.has(status) || NO_CONTEXT_LIMIT.has(text.status ?? 0)) return undefined;
  const { message, codes, error } = text;
  // A rate limit counts tokens too, and its wording comes close.
  if (codes.some((code) => /rate_?limit/.test(code))) return undefined;
  const sizes = "n_ctx" in error ? JSON.stringify(error).slice(0, 2048) : "";
  return contextLimitMessage(`${message}\n${codes.join(" ")}\n${sizes}`) ??
    (ownCode(text, profile) === "context" ? unmeasuredContextLimit() : undefined);
}

function verdictFor({ status, text }: Facts, { profile }: FailureContext): Verdict {
  const code = ownCode(text, profile);
  if (typeof code === "number") return judge(code, text);
  return judge(status, text);
}

/** What the profile says about one of the codes. */
function ownCode(
  { codes }: FailureText,
  { error_codes }: Pick<Profile, "error_codes">,
): number | "context" | undefined {
  const code = codes.find((code) => Object.hasOwn(error_codes, code));
  return code === undefined ? undefined : error_codes[code];
}

function retryHeaders(facts: Facts, { status, retry }: Verdict): Record<string, string> {
  const { headers, text, now } = facts;
  const result = rateLimitHeaders(headers, now);
  if (status === 429 || status === 529) {
    const { error, message } = text;
    const seconds = retryAfterSeconds({ headers, error, message, now });
    if (seconds !== undefined) result["retry-after"] = String(seconds);
    const ms = headers.get("retry-after-ms");
    if (ms && /^\d{1,9}$/.test(ms)) result["retry-after-ms"] = ms;
  }
  if (retry === false) result["x-should-retry"] = "false";
  return result;
}

/** The upstream's words for the client: who said them, and nothing that identifies an account. */
function clientMessage(
  { status: upstreamStatus, text }: Facts,
  status: number,
  { target, model }: FailureContext,
): string {
  const said = scrub(text.message, secretsOf(target)) || "the upstream gave no reason";
  const words = text.isHtml || text.message === ""
    ? `${statusText(upstreamStatus)}: ${said}`
    : said;
  const named = status === 404 && model && !words.includes(model)
    ? `${words} (model '${model}')`
    : words;
  return limitBytes(
    `${opening(upstreamStatus, status, target.name, words)}${named}`,
    MAX_MESSAGE_BYTES,
  );
}

function opening(upstreamStatus: number, status: number, name: string, words: string): string {
  if (upstreamStatus >= 300 && upstreamStatus < 400) return `${name}: unexpected redirect: `;
  if (status === 401) return `target '${name}' rejected the gateway's credential: `;
  if (status === 403) return `target '${name}' denied the gateway's credential access: `;
  return MATCHED.test(words) ? "" : `${name}: `;
}

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

function statusText(status: number): string {
  const text = STATUS_TEXTS[status];
  return text ? `${status} ${text}` : `status ${status}`;
}
