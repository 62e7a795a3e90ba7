import type { Price, PriceRule } from "../config/config.ts";
import { TOKEN_KINDS, type TokenKind } from "./entry.ts";

/** The prices of a file, by model. */
export class PriceList {
  readonly #rules: readonly PriceRule[];
  /** Clients name models, so it does not grow without end. */
  readonly #found = new Map<string, Price | undefined>();

  constructor(rules: readonly PriceRule[]) {
    this.#rules = rules;
  }

  /** What tokens of that model cost in USD; undefined where a price is missing. */
  costOf(model: string, tokens: Readonly<Record<TokenKind, number>>): number | undefined {
    const price = this.#priceOf(model);
    if (price === undefined) {
      // Whatever the price is, nothing costs nothing.
      return TOKEN_KINDS.every((kind) => tokens[kind] === 0) ? 0 : undefined;
    }
    let cost = 0;
    for (const kind of TOKEN_KINDS) {
      if (tokens[kind] === 0) continue;
      const perMillion = PRICE_OF[kind](price);
      if (perMillion === undefined) return undefined;
      cost += tokens[kind] * perMillion / 1e6;
    }
    return cost;
  }

  #priceOf(model: string): Price | undefined {
    if (this.#found.has(model)) return this.#found.get(model);
    const price = this.#rules.find(({ matches }) => matches(model))?.price;
    if (this.#found.size < MAX_REMEMBERED) this.#found.set(model, price);
    return price;
  }
}

const MAX_REMEMBERED = 1_000;

const PRICE_OF: Readonly<Record<TokenKind, (price: Price) => number | undefined>> = {
  input_tokens: ({ input }) => input,
  output_tokens: ({ output }) => output,
  cache_read_tokens: ({ cacheRead }) => cacheRead,
  cache_creation_tokens: ({ cacheCreation }) => cacheCreation,
};
