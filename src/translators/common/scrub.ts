import { temporarySecrets } from "../../log.ts";

/** Beginnings of API keys, and what may follow where a provider masks the middle. */
const KEY = /\b(?:sk|rk|pk|gsk|xai|hf|nvapi|fw|tgp|csk)[-_](?=[\w.-]*[\d*]|[\w-]{16})[\w*.-]{8,}/g;
const CLOUD_KEY = /\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bAIza[\w-]{20,}/g;
const BEARER = /\b(Bearer|Basic)\s+(?=\S*[\d*]|\S{20})[\w.~+/=*-]{8,}/gi;

/** Ids of accounts; a digit or their length tells them from words such as `user_location`. */
const ACCOUNT = /\b(?:org|acct|account|user|proj|project|team|cus)[-_](?=\w*\d|\w{20})[\w-]{6,}/g;
const UUID = "[\\da-f]{8}-[\\da-f-]{27}\\b";
const UUID_OF_ACCOUNT = new RegExp(
  `\\b((?:account|org|organization|project|tenant|workspace)(?:[ _]?id)?[ :='"]{1,4})${UUID}`,
  "gi",
);
const ARN_ACCOUNT = /\b(arn:aws[\w-]*:[\w-]*:[\w-]*:)\d{12}\b/g;
const EMAIL = /(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+/g;

const URL_CREDENTIALS = /(\bhttps?:\/\/)[^\s/@"'<>]*@/g;
// Bounded, or a text of nothing but `http://` would take a time that grows with its square.
const URL_QUERY = /(\bhttps?:\/\/[^\s?#"'<>]{0,1024})[?#][^\s"'<>)]*/g;

/**
 * The text without credentials and without what identifies an account or a person: keys, bearer
 * tokens, account ids, e-mail addresses and the queries of URLs. Everything else stays as it is,
 * because clients recognise errors by their wording.
 */
export function scrub(text: string, secrets: readonly string[] = []): string {
  return scrubSecrets(text, secrets)
    .replace(URL_CREDENTIALS, "$1")
    .replace(URL_QUERY, "$1")
    .replace(ARN_ACCOUNT, "$1[id]")
    .replace(UUID_OF_ACCOUNT, "$1[id]")
    .replace(EMAIL, "[email]")
    .replace(ACCOUNT, "[id]");
}

/** The text without credentials only, which the operator's log may show. */
export function scrubSecrets(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of [...secrets, ...temporarySecrets()]) {
    // A shorter one would be no secret, and could be part of any word.
    if (secret.length >= 8) clean = clean.replaceAll(secret, "[key]");
  }
  return clean.replace(BEARER, "$1 [key]").replace(KEY, "[key]").replace(CLOUD_KEY, "[key]");
}
