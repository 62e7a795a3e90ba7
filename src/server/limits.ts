import type { ClientKey } from "../config/config.ts";
import { GatewayError } from "../errors.ts";

const MINUTE_MS = 60_000;

/** A client key asked for more than its limits allow. */
class LimitError extends GatewayError {
  constructor(message: string, headers: Readonly<Record<string, string>>) {
    super(message, { status: 429, type: "rate_limit_error", headers });
  }
}

/** What a limit counts, filled up again evenly within a minute; may go below zero. */
class Bucket {
  #level: number;
  #at: number;

  constructor(capacity: number, now: number) {
    this.#level = capacity;
    this.#at = now;
  }

  level(capacity: number, now: number): number {
    this.#level = Math.min(capacity, this.#level + capacity * (now - this.#at) / MINUTE_MS);
    this.#at = now;
    return this.#level;
  }

  take(amount: number): void {
    this.#level -= amount;
  }
}

/** One key's account. */
class Account {
  concurrent = 0;
  requests: Bucket | undefined;
  tokens: Bucket | undefined;
}

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
  readonly #accounts = new Map<string, Account>();

  /**
   * Lets a request in.
   *
   * @throws {GatewayError} With 429 and `retry-after`, if a limit of the key is reached.
   */
  enter(key: ClientKey | undefined, now = performance.now(), wall = Date.now()): Lease {
    if (!key) return FREE;
    const { concurrent, requestsPerMinute, tokensPerMinute } = key.limits;
    if (
      concurrent === undefined && requestsPerMinute === undefined && tokensPerMinute === undefined
    ) {
      return FREE;
    }
    const account = this.#account(key.name);
    const headers: Record<string, string> = {};
    if (concurrent !== undefined && account.concurrent >= concurrent) {
      throw new LimitError(
        `Key '${key.name}' has ${concurrent} requests in flight, which is its limit`,
        { "retry-after": "1" },
      );
    }
    if (tokensPerMinute !== undefined) {
      account.tokens ??= new Bucket(tokensPerMinute, now);
      const left = account.tokens.level(tokensPerMinute, now);
      Object.assign(headers, limitHeaders("tokens", { limit: tokensPerMinute, left, wall }));
      if (left <= 0) {
        throw exceeded(key, "tokens", { limit: tokensPerMinute, missing: 1 - left }, headers);
      }
    }
    if (requestsPerMinute !== undefined) {
      account.requests ??= new Bucket(requestsPerMinute, now);
      const left = account.requests.level(requestsPerMinute, now);
      if (left >= 1) account.requests.take(1);
      const after = left >= 1 ? left - 1 : left;
      Object.assign(
        headers,
        limitHeaders("requests", { limit: requestsPerMinute, left: after, wall }),
      );
      if (left < 1) {
        throw exceeded(key, "requests", { limit: requestsPerMinute, missing: 1 - left }, headers);
      }
    }
    return this.#lease(account, headers);
  }

  #account(name: string): Account {
    let account = this.#accounts.get(name);
    if (!account) {
      account = new Account();
      this.#accounts.set(name, account);
    }
    return account;
  }

  #lease(account: Account, headers: Readonly<Record<string, string>>): Lease {
    account.concurrent++;
    let over = false;
    return {
      headers,
      release: (tokens) => {
        if (over) return;
        over = true;
        account.concurrent--;
        account.tokens?.take(tokens);
      },
    };
  }
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
