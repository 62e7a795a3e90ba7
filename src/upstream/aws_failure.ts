import { UpstreamUnreachableError } from "../errors.ts";
import type { Target } from "../target.ts";
import { scrub } from "../translators/common/scrub.ts";

/** Longest part of AWS's own words that is told. */
const MAX_WORDS = 500;

/** What to do about a failure of AWS's chain, by its words; the words themselves may hold secrets. */
const ADVICE: readonly (readonly [pattern: RegExp, advice: (target: Target) => string])[] = [
  [/^Command failed|credential_process/i, () => "its credential_process failed"],
  [
    /\bsso\b|aws login|token.*(?:expired|invalid|not found)|reauthenticate/i,
    ({ options }) => {
      const profile = typeof options.profile === "string" ? ` --profile ${options.profile}` : "";
      return `the SSO session is missing or has expired: run 'aws sso login${profile}'`;
    },
  ],
  [
    /could not load credentials from any/i,
    ({ rights }) =>
      "none were found: set 'api_key', set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a " +
      `'profile', or run where AWS gives a role${rights?.includes("run") ? processAdvice() : ""}`,
  ],
];

/** What it means to the client that there are no credentials to sign with. */
export function credentialFailure(target: Target, cause: unknown): UpstreamUnreachableError {
  const words = cause instanceof Error ? cause.message : String(cause);
  const advice = ADVICE.find(([pattern]) => pattern.test(words))?.[1](target);
  const reason = advice ?? (scrub(words).slice(0, MAX_WORDS) || "AWS gives no reason");
  return new UpstreamUnreachableError(
    `Cannot get AWS credentials for target '${target.name}': ${reason}`,
    { cause, headers: { "x-should-retry": "false" } },
  );
}

/** The same for a chain that takes too long. */
export function credentialTimeout({ name, timeouts }: Target): UpstreamUnreachableError {
  return new UpstreamUnreachableError(
    `Cannot get AWS credentials for target '${name}': no answer within ${timeouts.connectMs} ms`,
    { status: 504, type: "timeout_error" },
  );
}

/** AWS's chain does not tell that a program failed, or may not run, and goes on. */
function processAdvice(): string {
  return Deno.permissions.querySync({ name: "run" }).state === "granted"
    ? "; the credential_process of AWS's config did not help"
    : "; restart Switchyard, which gave up the right to run a credential_process when it started";
}
