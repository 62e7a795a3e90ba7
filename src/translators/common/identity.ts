import { isObject, type JsonObject, nonEmptyString } from "../../json.ts";
import type { Turn } from "../turn.ts";
import { sha256Hex } from "./hash.ts";

/** A session that the client's requests share, from its header or from Claude Code's user id. */
export function sessionOf({ request, session }: Turn): string | undefined {
  if (session) return session;
  const user = userParts(request.metadata);
  return user?.session;
}

/** Who asks and in which session, never in a form that leads back to a person. */
export function identity(turn: Turn): Record<string, unknown> {
  const { profile, request } = turn;
  const fields: Record<string, unknown> = {};
  const user = userParts(request.metadata)?.user;
  if (profile.user_field && user) fields[profile.user_field] = sha256Hex(user);
  const session = sessionKey(turn);
  if (profile.session_field && session) fields[profile.session_field] = session;
  return fields;
}

/** The session that the client's requests share, as 32 hex digits; undefined if it names none. */
export function sessionKey(turn: Turn): string | undefined {
  const session = sessionOf(turn);
  return session === undefined ? undefined : sha256Hex(session).slice(0, 32);
}

/**
 * Splits `metadata.user_id`. Claude Code sends a JSON string, or in older versions
 * `user_<hash>_account_<id>_session_<id>`; the session part changes and is no part of the user.
 */
function userParts(
  metadata: JsonObject | null | undefined,
): { readonly user: string | undefined; readonly session: string | undefined } | undefined {
  const id = nonEmptyString(metadata?.user_id);
  if (!id) return undefined;
  if (id.startsWith("{")) {
    const parsed = parsedId(id);
    if (parsed) {
      const { session_id: session, ...user } = parsed;
      const isEmpty = Object.keys(user).length === 0;
      return {
        user: isEmpty ? undefined : JSON.stringify(user),
        session: nonEmptyString(session),
      };
    }
  }
  const at = id.indexOf("_session_");
  return at < 0
    ? { user: id, session: undefined }
    : { user: id.slice(0, at), session: id.slice(at + "_session_".length) };
}

function parsedId(id: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(id);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
