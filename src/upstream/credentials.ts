import type { Profile } from "../profiles/schema.ts";

/** The header that carries a target's key, by the profile's scheme; empty if there is no key. */
export function credentialHeaders(
  key: string | undefined,
  { auth }: Pick<Profile, "auth">,
): Readonly<Record<string, string>> {
  if (key === undefined) return {};
  switch (auth) {
    case "bearer":
    case "aws":
      return { authorization: `Bearer ${key}` };
    case "x-api-key":
      return { "x-api-key": key };
    case "api-key":
      return { "api-key": key };
    case "none":
      return {};
  }
}
