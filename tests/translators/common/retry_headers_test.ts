import { assertEquals } from "@std/assert";
import {
  rateLimitHeaders,
  retryAfterSeconds,
} from "../../../src/translators/common/retry_headers.ts";

const NOW = Date.UTC(2026, 10, 22, 10, 0, 0);

const WAITS: {
  name: string;
  headers?: Record<string, string>;
  error?: Record<string, unknown>;
  message?: string;
  want: number | undefined;
}[] = [
  { name: "nothing", want: undefined },
  { name: "seconds", headers: { "retry-after": "7" }, want: 7 },
  { name: "part of a second", headers: { "retry-after": "0.2" }, want: 1 },
  { name: "zero", headers: { "retry-after": "0" }, want: 1 },
  { name: "more than an hour", headers: { "retry-after": "86400" }, want: 3600 },
  { name: "a date", headers: { "retry-after": "Sun, 22 Nov 2026 10:01:00 GMT" }, want: 60 },
  { name: "a date gone by", headers: { "retry-after": "Sun, 22 Nov 2026 09:01:00 GMT" }, want: 1 },
  { name: "nonsense", headers: { "retry-after": "soon" }, want: undefined },
  { name: "milliseconds", headers: { "retry-after-ms": "1500" }, want: 2 },
  { name: "Azure's milliseconds", headers: { "x-ms-retry-after-ms": "2500" }, want: 3 },
  { name: "Codex", error: { resets_in_seconds: 120 }, want: 120 },
  {
    name: "Gemini",
    error: {
      details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.07s" }],
    },
    want: 35,
  },
  {
    name: "OpenRouter",
    error: { metadata: { headers: { "X-RateLimit-Reset": String(NOW + 5000) } } },
    want: 5,
  },
  { name: "a message", message: "Please try again in 1m30.5s. Visit us", want: 91 },
  { name: "a message in ms", message: "Please try again in 250ms.", want: 1 },
  { name: "a message in words", message: "Please retry after 20 seconds.", want: 20 },
  {
    name: "the limit that is used up",
    headers: {
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-remaining-requests": "5",
      "x-ratelimit-reset-tokens": "6m0s",
      "x-ratelimit-remaining-tokens": "0",
    },
    want: 360,
  },
  {
    name: "the first limit to be renewed",
    headers: { "x-ratelimit-reset-requests": "3s", "x-ratelimit-reset-tokens": "6m0s" },
    want: 3,
  },
];

for (const { name, headers = {}, error = {}, message = "", want } of WAITS) {
  Deno.test(`retryAfterSeconds() reads ${name}`, () => {
    const sources = { headers: new Headers(headers), error, message, now: NOW };
    assertEquals(retryAfterSeconds(sources), want);
  });
}

Deno.test("rateLimitHeaders() speaks Anthropic's names and absolute times", () => {
  const upstream = new Headers({
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-reset-requests": "1.5s",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-tokens": "6m0s",
  });
  assertEquals(rateLimitHeaders(upstream, NOW), {
    "anthropic-ratelimit-requests-limit": "60",
    "anthropic-ratelimit-requests-remaining": "59",
    "anthropic-ratelimit-requests-reset": "2026-11-22T10:00:02Z",
    "anthropic-ratelimit-tokens-limit": "150000",
    "anthropic-ratelimit-tokens-remaining": "149984",
    "anthropic-ratelimit-tokens-reset": "2026-11-22T10:06:00Z",
  });
});

Deno.test("rateLimitHeaders() leaves out what it cannot read", () => {
  const upstream = new Headers({
    "x-ratelimit-limit-requests": "many",
    "x-ratelimit-remaining-tokens": "-1",
    "x-ratelimit-reset-tokens": "99999999999999999999d",
  });
  assertEquals(rateLimitHeaders(upstream, NOW), {});
});
