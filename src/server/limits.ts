import type { ClientKey } from "../config/config.ts";
import { GatewayError } from "../errors.ts";
import { ACCOUNT_CELLS, type AccountBook, LocalAccounts } from "./accounts.ts";

const MINUTE_MS = 60_000;

/** A client key asked for more than its limits allow. */
class LimitError extends GatewayError {
  constructor(message: string, headers: Readonly<Record<string, string>>) {
    super(message, { status: 429, type: "rate_limit_error", headers });
  }
}

/**
 * Cells of an account: what is spent of a limit, which comes back evenly within a minute, and when
 * that was worked out. Behind them are the requests in flight.
 */
const REQUESTS = 0;
const TOKENS = 2;

/** A request that counts against its key until it is over. */
export interface Lease {
  /** What the client may know of its limits. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends the request; its tokens count now, since nobody knows them earlier. */
  release(tokens: number): void;
}

const FREE: Lease = { headers: {}, release: () => {} };

/** Keeps client keys within their limits. Accounts go by the key's name, so they outlive a reload. */
export class KeyLimits {
  readonly #accounts: AccountBook;

  /** Accounts that other threads use too make the limits hold for all of them together. */
  constructor(accounts: AccountBook = new LocalAccounts()) {
    this.#accounts = accounts;
  }

  /**
   * Lets a request in; `now` is on a clock that all threads have in common.
   *
   * @throws {GatewayError} With 429 and `retry-after`, if a limit of the key is reached.
   */
  enter(
    key: ClientKey | undefined,
    now = performance.timeOrigin + performance.now(),
    wall = Date.now(),
  ): Lease {
    if (!key) return FREE;
    const { concurrent, requestsPerMinute, tokensPerMinute } = key.limits;
    if (
      concurrent === undefined && requestsPerMinute === undefined && tokensPerMinute === undefined
    ) {
      return FREE;
    }
    return this.#accounts.use(key.name, (cells, own) => {
      const headers = spendRequest(key, cells, { now, wall });
      cells[own] = (cells[own] ?? 0) + 1;
      return this.#lease(key, headers);
    });
  }

  #lease({ name, limits }: ClientKey, headers: Readonly<Record<string, string>>): Lease {
    let over = false;
    return {
      headers,
      release: (tokens) => {
        if (over) return;
        over = true;
        this.#accounts.use(name, (cells, own) => {
          cells[own] = (cells[own] ?? 0) - 1;
          if (limits.tokensPerMinute !== undefined) cells[TOKENS] = (cells[TOKENS] ?? 0) + tokens;
        });
      },
    };
  }
}

/** Counts a request against each limit; the headers that tell of them. */
function spendRequest(
  key: ClientKey,
  cells: Float64Array,
  { now, wall }: { readonly now: number; readonly wall: number },
): Record<string, string> {
  const { concurrent, requestsPerMinute, tokensPerMinute } = key.limits;
  const headers: Record<string, string> = {};
  if (concurrent !== undefined && inFlight(cells) >= concurrent) {
    throw new LimitError(
      `Key '${key.name}' has ${concurrent} requests in flight, which is its limit`,
      { "retry-after": "1" },
    );
  }
  if (tokensPerMinute !== undefined) {
    const left = leftOf(cells, TOKENS, { limit: tokensPerMinute, now });
    Object.assign(headers, limitHeaders("tokens", { limit: tokensPerMinute, left, wall }));
    if (left <= 0) {
      throw exceeded(key, "tokens", { limit: tokensPerMinute, missing: 1 - left }, headers);
    }
  }
  if (requestsPerMinute !== undefined) {
    const left = leftOf(cells, REQUESTS, { limit: requestsPerMinute, now });
    if (left >= 1) cells[REQUESTS] = (cells[REQUESTS] ?? 0) + 1;
    const after = left >= 1 ? left - 1 : left;
    Object.assign(
      headers,
      limitHeaders("requests", { limit: requestsPerMinute, left: after, wall }),
    );
    if (left < 1) {
      throw exceeded(key, "requests", { limit: requestsPerMinute, missing: 1 - left }, headers);
    }
  }
  return headers;
}

/** Requests in flight, of all threads. */
function inFlight(cells: Float64Array): number {
  let sum = 0;
  for (let at = ACCOUNT_CELLS; at < cells.length; at++) sum += cells[at] ?? 0;
  return sum;
}

/** What is left of a limit, below zero if more was spent than there was. */
function leftOf(
  cells: Float64Array,
  cell: typeof REQUESTS | typeof TOKENS,
  { limit, now }: { readonly limit: number; readonly now: number },
): number {
  const before = cells[cell + 1] ?? 0;
  // The clocks of two threads may differ by a little; time must not count twice.
  const elapsed = Math.max(0, now - before);
  const spent = Math.max(0, (cells[cell] ?? 0) - limit * elapsed / MINUTE_MS);
  cells[cell] = spent;
  cells[cell + 1] = Math.max(before, now);
  return limit - spent;
}

function exceeded(
  key: ClientKey,
  what: string,
  { limit, missing }: { readonly limit: number; readonly missing: number },
  headers: Readonly<Record<string, string>>,
): LimitError {
  const seconds = Math.max(1, Math.ceil(missing * 60 / limit));
  return new LimitError(`Key '${key.name}' may use ${limit} ${what} a minute`, {
    ...headers,
    "retry-after": String(seconds),
  });
}

/** Anthropic's headers: the limit, what is left of it, and when all of it will be back. */
function limitHeaders(
  what: string,
  { limit, left, wall }: { readonly limit: number; readonly left: number; readonly wall: number },
): Record<string, string> {
  const full = wall + (limit - left) / limit * MINUTE_MS;
  return {
    [`anthropic-ratelimit-${what}-limit`]: String(limit),
    [`anthropic-ratelimit-${what}-remaining`]: String(Math.max(0, Math.floor(left))),
    [`anthropic-ratelimit-${what}-reset`]: new Date(full).toISOString().replace(/\.\d+Z$/, "Z"),
  };
}
