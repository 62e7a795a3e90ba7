import { assert, assertEquals, assertFalse } from "@std/assert";
import * as fc from "fast-check";
import type { UpstreamError } from "../../../src/errors.ts";
import {
  type FailureContext,
  mapErrorObject,
  mapFailure,
} from "../../../src/translators/common/failure.ts";

const CONTEXT: FailureContext = {
  target: { name: "fast", apiKeys: ["very-secret-key"] },
  profile: { error_codes: { "1113": 402, "1261": "context", "1302": 429 } },
  model: "gpt-x",
};

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

const CASES: { name: string; input: Answer; status: number; type: string; message?: string }[] = [
  {
    name: "400",
    input: said(400, "bad"),
    status: 400,
    type: "invalid_request_error",
    message: "fast: bad",
  },
  {
    name: "400 that tells of an empty account",
    input: said(400, "Your credit balance is too low"),
    status: 402,
    type: "billing_error",
  },
  {
    name: "401",
    input: said(401, "Incorrect API key provided: sk-proj-abc*****wxyz."),
    status: 401,
    type: "authentication_error",
    message: "target 'fast' rejected the gateway's credential: Incorrect API key provided: [key]",
  },
  { name: "402", input: said(402, "Insufficient Balance"), status: 402, type: "billing_error" },
  {
    name: "403",
    input: said(403, "no access"),
    status: 403,
    type: "permission_error",
    message: "target 'fast' denied the gateway's credential access: no access",
  },
  {
    name: "403 with a challenge page",
    input: { status: 403, body: "<!DOCTYPE html><title>Just a moment...</title>" },
    status: 502,
    type: "api_error",
    message: "fast: 403 Forbidden: Just a moment...",
  },
  {
    name: "404",
    input: said(404, "no such model"),
    status: 404,
    type: "not_found_error",
    message: "fast: no such model (model 'gpt-x')",
  },
  { name: "405", input: said(405, "x"), status: 400, type: "invalid_request_error" },
  { name: "408", input: said(408, "x"), status: 504, type: "timeout_error" },
  { name: "409", input: said(409, "x"), status: 409, type: "conflict_error" },
  { name: "413", input: said(413, "x"), status: 413, type: "request_too_large" },
  {
    name: "413 for a minute's tokens",
    input: said(413, "Request too large: tokens per minute (TPM): Limit 6000, Requested 9000"),
    status: 429,
    type: "rate_limit_error",
  },
  {
    name: "422 from FastAPI",
    input: { status: 422, body: { detail: [{ loc: ["body", "x"], msg: "extra" }, { msg: "y" }] } },
    status: 400,
    type: "invalid_request_error",
    message: "fast: body.x: extra; body: y",
  },
  { name: "424", input: said(424, "x"), status: 500, type: "api_error" },
  {
    name: "424 for the client's fault",
    input: { status: 424, body: { message: "x", originalStatusCode: 400 } },
    status: 400,
    type: "invalid_request_error",
  },
  { name: "429", input: said(429, "slow down"), status: 429, type: "rate_limit_error" },
  {
    name: "429 without money",
    input: said(429, "quota", { code: "insufficient_quota" }),
    status: 402,
    type: "billing_error",
  },
  {
    name: "Gemini's 429, which only sounds like one without money",
    input: said(
      429,
      "You exceeded your current quota, please check your plan and billing details",
      {
        code: 429,
        status: "RESOURCE_EXHAUSTED",
      },
    ),
    status: 429,
    type: "rate_limit_error",
  },
  {
    name: "a model at capacity",
    input: said(429, "Selected model is at capacity. Please try a different model."),
    status: 529,
    type: "overloaded_error",
  },
  { name: "498", input: said(498, "x"), status: 529, type: "overloaded_error" },
  { name: "500", input: said(500, "x"), status: 500, type: "api_error" },
  { name: "501", input: said(501, "x"), status: 500, type: "api_error" },
  {
    name: "502 with a page",
    input: { status: 502, body: "<html><style>a{}</style><h1>502</h1>nginx</html>" },
    status: 502,
    type: "api_error",
    message: "fast: 502 Bad Gateway: 502 nginx",
  },
  {
    name: "503 without a body",
    input: { status: 503 },
    status: 529,
    type: "overloaded_error",
    message: "fast: 503 Service Unavailable: the upstream gave no reason",
  },
  { name: "504", input: said(504, "x"), status: 504, type: "timeout_error" },
  { name: "520", input: said(520, "x"), status: 502, type: "api_error" },
  { name: "524", input: said(524, "x"), status: 504, type: "timeout_error" },
  { name: "529", input: said(529, "x"), status: 529, type: "overloaded_error" },
  { name: "599", input: said(599, "x"), status: 500, type: "api_error" },
  {
    name: "a redirect",
    input: { status: 302 },
    status: 502,
    type: "api_error",
    message: "fast: unexpected redirect: status 302: the upstream gave no reason",
  },
  { name: "204", input: { status: 204 }, status: 502, type: "api_error" },
  {
    name: "Bedrock's throttling",
    input: {
      status: 400,
      headers: { "x-amzn-errortype": "ThrottlingException:http://internal.amazon.com/" },
      body: { message: "Too many tokens, please wait" },
    },
    status: 429,
    type: "rate_limit_error",
  },
  {
    name: "Bedrock's quota",
    input: {
      status: 400,
      body: { __type: "com.amazon#ServiceQuotaExceededException", message: "x" },
    },
    status: 429,
    type: "rate_limit_error",
  },
  {
    name: "a call that Groq could not read",
    input: said(400, "Failed to call a function", { code: "tool_use_failed" }),
    status: 500,
    type: "api_error",
  },
  {
    name: "a code of the profile",
    input: said(400, "x", { code: "1302" }),
    status: 429,
    type: "rate_limit_error",
  },
  {
    name: "text that is no JSON",
    input: { status: 400, body: "upstream connect error" },
    status: 400,
    type: "invalid_request_error",
    message: "fast: upstream connect error",
  },
  {
    name: "wording that clients act on",
    input: said(400, "messages.1.content.0: Invalid `signature` in `thinking` block"),
    status: 400,
    type: "invalid_request_error",
    message: "messages.1.content.0: Invalid `signature` in `thinking` block",
  },
];

for (const { name, input, status, type, message } of CASES) {
  Deno.test(`mapFailure() maps ${name}`, () => {
    const error = map(input);
    assertEquals([error.status, error.type], [status, type]);
    assertEquals(error.message, message ?? error.message);
    assertEquals(error.answer, undefined);
    assertEquals(error.upstreamStatus, input.status);
  });
}

const MESSAGES: { name: string; body: unknown; want: string }[] = [
  { name: "error.message", body: { error: { message: "m", code: "c" }, message: "x" }, want: "m" },
  { name: "error", body: { error: "m", message: "x" }, want: "m" },
  { name: "message", body: { message: "m", detail: "x" }, want: "m" },
  { name: "Message", body: { Message: "m" }, want: "m" },
  { name: "detail", body: { detail: "m" }, want: "m" },
  { name: "errors", body: { errors: [{ message: "m" }] }, want: "m" },
  { name: "error_description", body: { error_description: "m" }, want: "m" },
  { name: "a list", body: [{ error: { message: "m" } }], want: "m" },
  { name: "a JSON string", body: JSON.stringify("m"), want: "m" },
  { name: "a code alone", body: { error: { code: "c" } }, want: "c" },
  {
    name: "what is nested",
    body: {
      error: { message: "Provider returned error", metadata: { raw: '{"error":{"message":"m"}}' } },
    },
    want: "Provider returned error: m",
  },
  {
    name: "what is nested and no JSON",
    body: { error: { message: "Provider returned error", metadata: { raw: "m" } } },
    want: "Provider returned error: m",
  },
];

for (const { name, body, want } of MESSAGES) {
  Deno.test(`mapFailure() takes the message from ${name}`, () => {
    const error = map({ status: 418, body });
    assertEquals(error.message, `fast: ${want}`);
    assertEquals(error.upstreamMessage, want);
  });
}

const ANSWERS: { name: string; input: Answer; want: string }[] = [
  {
    name: "Azure's content filter",
    input: said(400, "x", {
      code: "content_filter",
      innererror: { code: "ResponsibleAIPolicyViolation", content_filter_result: {} },
    }),
    want: "refusal",
  },
  {
    name: "a policy violation",
    input: said(400, "x", { code: "content_policy_violation" }),
    want: "refusal",
  },
  {
    name: "a flagged prompt",
    input: said(400, "Your prompt was flagged", { code: "invalid_prompt" }),
    want: "refusal",
  },
  {
    name: "OpenRouter's moderation",
    input: said(403, "x", { code: 403, metadata: { reasons: ["violence"] } }),
    want: "refusal",
  },
  {
    name: "a model that thought too long",
    input: said(
      400,
      "Could not finish the message because max_tokens or model output limit was reached.",
    ),
    want: "max_tokens",
  },
];

for (const { name, input, want } of ANSWERS) {
  Deno.test(`mapFailure() answers for ${name}`, () => {
    assertEquals(map(input).answer?.stopReason, want as "refusal" | "max_tokens");
  });
}

Deno.test("mapFailure() does not take an invalid prompt for a flagged one", () => {
  assertEquals(
    map(said(400, "Invalid prompt format", { code: "invalid_prompt" })).answer,
    undefined,
  );
});

const OBJECTS: { name: string; input: unknown; want: [number, string] }[] = [
  { name: "a text", input: "boom", want: [500, "fast: boom"] },
  {
    name: "a text that is JSON",
    input: '{"error":{"code":429,"message":"m"}}',
    want: [429, "fast: m"],
  },
  {
    name: "Anthropic's error",
    input: { type: "overloaded_error", message: "m" },
    want: [529, "fast: m"],
  },
  { name: "a number as code", input: { code: 502, message: "m" }, want: [502, "fast: m"] },
  {
    name: "DashScope's throttling",
    input: { code: "Throttling.RateQuota", message: "m" },
    want: [429, "fast: m"],
  },
  { name: "a code of the profile", input: { code: "1113", message: "m" }, want: [402, "fast: m"] },
  {
    name: "a context code of the profile",
    input: { code: "1261", message: "m" },
    want: [400, "prompt is too long"],
  },
  {
    name: "OpenAI's own fault",
    input: { type: "server_error", message: "m" },
    want: [500, "fast: m"],
  },
  {
    name: "a bad request",
    input: { type: "invalid_request_error", message: "m" },
    want: [400, "fast: m"],
  },
  {
    name: "a bad key",
    input: { code: "invalid_api_key", message: "m" },
    want: [401, "target 'fast' rejected the gateway's credential: m"],
  },
  { name: "nothing", input: {}, want: [502, "fast: status 200: the upstream gave no reason"] },
  { name: "null", input: null, want: [502, "fast: status 200: the upstream gave no reason"] },
];

for (const { name, input, want } of OBJECTS) {
  Deno.test(`mapErrorObject() maps ${name}`, () => {
    const error = mapErrorObject(input, CONTEXT);
    assertEquals([error.status, error.message], want);
  });
}

const RETRIES: { name: string; input: Answer; want: Record<string, string> }[] = [
  { name: "a server error", input: said(500, "x"), want: {} },
  { name: "an empty account", input: said(402, "x"), want: { "x-should-retry": "false" } },
  {
    name: "a usage limit",
    input: said(429, "x", { type: "usage_limit_reached", resets_in_seconds: 90 }),
    want: { "retry-after": "90", "x-should-retry": "false" },
  },
  {
    name: "a rate limit with headers",
    input: {
      status: 429,
      headers: { "retry-after": "2", "retry-after-ms": "1500", "x-ratelimit-limit-requests": "60" },
    },
    want: {
      "retry-after": "2",
      "retry-after-ms": "1500",
      "anthropic-ratelimit-requests-limit": "60",
    },
  },
];

for (const { name, input, want } of RETRIES) {
  Deno.test(`mapFailure() tells when to retry after ${name}`, () => {
    assertEquals(map(input).headers, want);
  });
}

Deno.test("mapFailure() keeps keys and account ids from the client, and keys from the log", () => {
  const error = map(said(400, "key very-secret-key of org-AbCdEf123456 at https://x.test/a?key=1"));
  assertEquals(error.message, "fast: key [key] of [id] at https://x.test/a");
  assertEquals(error.upstreamMessage, "key [key] of org-AbCdEf123456 at https://x.test/a?key=1");
});

Deno.test("mapFailure() names a published type and at most 4 KB for any answer", () => {
  const body = fc.oneof(
    fc.string({ maxLength: 20_000 }),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.record({ error: fc.jsonValue(), message: fc.jsonValue(), detail: fc.jsonValue() })
      .map((value) => JSON.stringify(value)),
    fc.constantFrom("é".repeat(100_000), "<".repeat(100_000), "a@".repeat(50_000)),
  );
  fc.assert(fc.property(fc.integer({ min: 200, max: 599 }), body, (status, text) => {
    const error = mapFailure({ status, headers: new Headers(), body: text, now: 0 }, CONTEXT);
    assert(TYPES.has(error.type));
    assert(error.status >= 400 && error.status < 600);
    assert(new TextEncoder().encode(error.message).length <= 4096);
    assertFalse(error.message.includes("very-secret-key"));
  }));
});

const TYPES: ReadonlySet<string> = new Set([
  "invalid_request_error",
  "authentication_error",
  "billing_error",
  "permission_error",
  "not_found_error",
  "request_too_large",
  "rate_limit_error",
  "timeout_error",
  "api_error",
  "overloaded_error",
  "conflict_error",
]);

function said(status: number, message: string, more: Record<string, unknown> = {}): Answer {
  return { status, body: { error: { message, ...more } } };
}

function map({ status, headers, body }: Answer): UpstreamError {
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
  return mapFailure({ status, headers: new Headers(headers), body: text, now: 0 }, CONTEXT);
}
