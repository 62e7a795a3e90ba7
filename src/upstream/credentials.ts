import type { Profile } from "../profiles/schema.ts";
import type { Target } from "../target.ts";

/**
 * The header that carries the target's key, by the profile's scheme; empty if there is no key.
 *
 * With several keys, one session keeps to one of them, so that the provider's prompt cache works.
 */
export function credentialHeaders(
  target: Target,
  profile: Profile,
  session: string | undefined,
): Readonly<Record<string, string>> {
  const key = pickKey(target.apiKeys, session);
  if (key === undefined) return {};
  switch (profile.auth) {
    case "bearer":
      return { authorization: `Bearer ${key}` };
    case "x-api-key":
      return { "x-api-key": key };
    case "api-key":
      return { "api-key": key };
    case "none":
      return {};
  }
}

function pickKey(keys: readonly string[], session: string | undefined): string | undefined {
  if (keys.length < 2 || session === undefined) return keys[0];
  let hash = 0;
  for (let at = 0; at < session.length; at++) hash = (hash * 31 + session.charCodeAt(at)) >>> 0;
  return keys[hash % keys.length];
}
