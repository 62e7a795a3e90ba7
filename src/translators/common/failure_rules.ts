import type { ErrorType } from "../../errors.ts";
import type { FailureText } from "./failure_text.ts";

/** The status that an upstream failure gets, and whether trying again can help. */
export interface Verdict {
  readonly status: number;
  /** False for failures that another try cannot mend. */
  readonly retry?: false;
}

/** Parts of codes, and what a failure with one of them is. */
type CodeRule = readonly [parts: readonly string[], verdict: Verdict];

/** Codes of accounts that have no money or no quota left. */
const BILLING_CODES = [
  "arrearage",
  "billing",
  "exceeded_current_quota",
  "insufficient_balance",
  "insufficient_credit",
  "insufficient_quota",
  "insufficient_user_balance",
  "payment_required",
];

/** Words for such accounts, where no code tells. */
const NO_MONEY = anyOf(
  "\\binsufficient (?:account )?(?:balance|quota|credits?|funds)\\b",
  "credit balance is too low",
  "billing hard limit",
);

/** Words for a reasoning model that used up its output before it could say anything. */
const OUTPUT_EXHAUSTED = anyOf(
  "could not finish the message because max_tokens",
  "max_tokens or model output limit was reached",
);

/** Codes of requests whose content the provider will not handle. */
const POLICY_CODES = [
  "bio_policy",
  "content_filter",
  "content_policy_violation",
  "data_inspection_failed",
  "datainspectionfailed",
  "misalignment_policy_violation",
  "moderation",
  "responsibleaipolicyviolation",
];

/** The error type for each status that this gateway answers with. */
const TYPES: Readonly<Record<number, ErrorType>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  409: "conflict_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  502: "api_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** Parts of codes that mean the same under every status, the more specific ones first. */
const CODES: readonly CodeRule[] = [
  [BILLING_CODES, { status: 402, retry: false }],
  [["usage_limit_reached", "usage_not_included"], { status: 429, retry: false }],
  [["servicequotaexceeded"], { status: 429, retry: false }],
  // The model wrote a call that Groq could not read; another try may do better.
  [["tool_use_failed"], { status: 500 }],
  [["throttl", "rate_limit", "ratelimit", "limit_burst_rate"], { status: 429 }],
  [["modelnotready", "too_many_requests", "toomanyrequests"], { status: 429 }],
  [["resource_exhausted"], { status: 429 }],
  [["overloaded", "capacity", "unavailable", "slow_down"], { status: 529 }],
  [["timeout", "deadline_exceeded"], { status: 504 }],
];

/** Codes that only count where no status speaks: in streams and in answers with status 200. */
const CODES_WITHOUT_STATUS: readonly CodeRule[] = [
  [["invalid_api_key", "invalidapikey", "auth", "unrecognizedclient"], { status: 401 }],
  [["permission", "accessdenied", "access_denied", "forbidden"], { status: 403 }],
  [["not_found", "notfound"], { status: 404 }],
  [["request_too_large"], { status: 413 }],
  [["invalid_", "invalidparameter", "validation", "bad_request", "badrequest"], { status: 400 }],
];

/** Statuses that become another one; any other 4xx is 400 and any other 5xx is 500. */
const STATUSES: Readonly<Record<number, number>> = {
  401: 401,
  402: 402,
  403: 403,
  404: 404,
  408: 504,
  409: 409,
  413: 413,
  424: 500,
  429: 429,
  498: 529,
  502: 502,
  503: 529,
  504: 504,
  520: 502,
  521: 502,
  522: 504,
  523: 502,
  524: 504,
  529: 529,
};

/** The published error type for a status that {@link judge} returned. */
export function errorType(status: number): ErrorType {
  return TYPES[status] ?? "api_error";
}

/** What a failure with that status and text is to the client. */
export function judge(status: number, text: FailureText): Verdict {
  const { message, codes } = text;
  if (status === 403 && text.isHtml) return { status: 502 };
  if (isBilling(status, message)) return { status: 402, retry: false };
  if (/\bmodel is (?:currently )?at capacity\b/i.test(message)) return { status: 529 };
  // Groq answers 413 where the request is too large for the minute, not for the server.
  if (status === 413 && /tokens per minute|\bTPM\b/.test(message)) return { status: 429 };
  const byCode = ruleFor(codes, CODES);
  if (byCode) return byCode;
  if (status >= 300 && status < 400) return { status: 502 };
  if (status >= 400) return byStatus(modelStatus(status, text));
  const named = ruleFor(codes, CODES_WITHOUT_STATUS);
  if (named) return named;
  if (text.status !== undefined) return byStatus(text.status);
  return { status: text.isHtml || message === "" ? 502 : 500 };
}

/** True if the text is about content that the provider will not handle, not about the request. */
export function isContentPolicy(status: number, { codes, message }: FailureText): boolean {
  if (![200, 400, 403, 422].includes(status)) return false;
  if (hasCode(codes, POLICY_CODES)) return true;
  const isFlagged = /\b(?:flagged|violat|policy|safety)/i.test(message);
  return isFlagged && hasCode(codes, ["invalid_prompt"]);
}

/** True if all of `max_tokens` was spent on reasoning, so that there is no answer. */
export function isOutputExhausted(message: string): boolean {
  return OUTPUT_EXHAUSTED.test(message);
}

function ruleFor(codes: readonly string[], rules: readonly CodeRule[]): Verdict | undefined {
  return rules.find(([parts]) => hasCode(codes, parts))?.[1];
}

function hasCode(codes: readonly string[], parts: readonly string[]): boolean {
  return codes.some((code) => parts.some((part) => code.includes(part)));
}

function isBilling(status: number, message: string): boolean {
  return [200, 400, 402, 403, 429].includes(status) && NO_MONEY.test(message);
}

/** Bedrock answers 424 for what its model answered, which may be the client's fault. */
function modelStatus(status: number, { error }: FailureText): number {
  const original = error.originalStatusCode;
  const isClients = typeof original === "number" && original >= 400 && original < 500;
  return status === 424 && isClients ? original : status;
}

function byStatus(status: number): Verdict {
  const mapped = STATUSES[status] ?? (status < 500 ? 400 : 500);
  return mapped === 402 ? { status: 402, retry: false } : { status: mapped };
}

function anyOf(...patterns: readonly string[]): RegExp {
  return new RegExp(patterns.join("|"), "i");
}
