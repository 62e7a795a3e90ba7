import type { Target } from "../target.ts";

/** How long a refused key rests where the upstream does not say. */
const LIMITED_MS = 30_000;
const REJECTED_MS = 5 * 60_000;

interface KeyState {
  readonly key: string;
  restsUntil: number;
  limitedAt: number;
}

/** The keys of one target, and which of them rest because the upstream refused them. */
export class KeyRing {
  readonly #keys: readonly KeyState[];

  constructor(keys: readonly string[]) {
    this.#keys = keys.map((key) => ({ key, restsUntil: 0, limitedAt: 0 }));
  }

  /**
   * The key for a request; undefined if the target needs none.
   *
   * A session keeps to one key, so that the provider's prompt cache works, until that key rests.
   * Otherwise the key is taken whose last refusal is longest ago; if all rest, the one that rests
   * for the shortest time.
   */
  pick(session: string | undefined, now = performance.now()): string | undefined {
    const own = session === undefined ? undefined : this.#keys[hash(session) % this.#keys.length];
    if (own && own.restsUntil <= now) return own.key;
    const rested = this.#keys.filter(({ restsUntil }) => restsUntil <= now);
    const [first] = rested.length > 0
      ? rested.toSorted((one, other) => one.limitedAt - other.limitedAt)
      : this.#keys.toSorted((one, other) => one.restsUntil - other.restsUntil);
    return first?.key;
  }

  /** How many keys rest. */
  resting(now = performance.now()): number {
    return this.#keys.filter(({ restsUntil }) => restsUntil > now).length;
  }

  /** Puts a key to rest that got 429 or 401; for as long as the upstream asked, if it did. */
  refused(
    key: string | undefined,
    { status, retryAfterMs }: {
      readonly status: number;
      readonly retryAfterMs?: number | undefined;
    },
    now = performance.now(),
  ): void {
    const state = this.#keys.find((one) => one.key === key);
    if (!state) return;
    state.limitedAt = now;
    state.restsUntil = now + (retryAfterMs ?? (status === 429 ? LIMITED_MS : REJECTED_MS));
  }
}

/** Key rings by target; a reload makes new targets, and forgets what it knew of their keys. */
export class KeyRings {
  readonly #rings = new WeakMap<Target, KeyRing>();

  /** The ring of a target. */
  of(target: Target): KeyRing {
    let ring = this.#rings.get(target);
    if (!ring) {
      ring = new KeyRing(target.apiKeys);
      this.#rings.set(target, ring);
    }
    return ring;
  }
}

function hash(text: string): number {
  let value = 0;
  for (let at = 0; at < text.length; at++) value = (value * 31 + text.charCodeAt(at)) >>> 0;
  return value;
}
