import type { ClientKey, Config } from "../config/config.ts";
import { AuthenticationError, InvalidRequestError } from "../errors.ts";

/** Names under which a machine reaches itself. */
const LOOPBACK = /^(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/**
 * The key that the client showed, or undefined where the server needs none.
 *
 * Either header is enough: some clients send one, some the other, some both.
 *
 * @throws {AuthenticationError} If no header holds a known key.
 */
export function authenticate(headers: Headers, config: Config): ClientKey | undefined {
  if (config.keys.length === 0) return undefined;
  const shown = shownKeys(headers);
  if (shown.length === 0) {
    throw new AuthenticationError("No key given: send it as x-api-key or Authorization: Bearer");
  }
  const key = config.keys.filter((known) => shown.some((one) => isSame(one, known.key))).at(0);
  if (!key) throw new AuthenticationError("Invalid key");
  return key;
}

/**
 * Refuses a key that is not meant for this target.
 *
 * @throws {AuthenticationError} With status 403, if the key's `targets` do not name it.
 */
export function authorize(key: ClientKey | undefined, target: string): void {
  if (mayUse(key, target)) return;
  throw new AuthenticationError(`This key may not use target '${target}'`, 403);
}

/** True if the key may use the target. */
export function mayUse(key: ClientKey | undefined, target: string): boolean {
  return !key?.targets || key.targets.has(target);
}

/**
 * Without keys, anything that runs on this machine may call, web pages in its browser included.
 * A page cannot forge `Host`, and cannot send JSON to another origin without asking first.
 *
 * @throws {AuthenticationError} With status 403, if `Host` is no loopback name.
 * @throws {InvalidRequestError} If a body does not say that it is JSON.
 */
export function guardOpenServer(request: Request, config: Config): void {
  if (config.keys.length > 0) return;
  const host = request.headers.get("host") ?? new URL(request.url).host;
  if (!LOOPBACK.test(host.replace(/:\d+$/, ""))) {
    throw new AuthenticationError(
      "Without auth.keys only requests to a loopback name such as localhost are answered",
      403,
    );
  }
  if (request.method !== "POST") return;
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new InvalidRequestError("The content-type must be application/json");
  }
}

function shownKeys(headers: Headers): readonly string[] {
  const apiKey = headers.get("x-api-key")?.trim();
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.get("authorization") ?? "")?.[1]?.trim();
  return [apiKey, bearer].filter((key) => key !== undefined && key !== "") as string[];
}

const encoder = new TextEncoder();

/**
 * Compares in a time that depends on the shown key's length only. Own code, because loading
 * `node:crypto` for its comparison costs the start 25 ms (Deno 2.9.6).
 */
function isSame(shown: string, known: string): boolean {
  const a = encoder.encode(shown);
  const b = encoder.encode(known);
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= (a[at] ?? 0) ^ (b[at % b.length] ?? 0);
  return difference === 0;
}
