import { assertAlmostEquals, assertEquals } from "@std/assert";
import { compileGlob } from "../../src/profiles/glob.ts";
import { PriceList } from "../../src/usage/cost.ts";

const rule = (pattern: string, input: number, cacheRead?: number) => ({
  pattern,
  matches: compileGlob(pattern),
  price: { input, output: 15, cacheRead, cacheCreation: undefined },
});

const PRICES = new PriceList([rule("gpt-5-mini", 1), rule("gpt-*", 3, 0.3), rule("*", 100)]);

function cost(
  model: string,
  tokens: Partial<Record<"input" | "output" | "read" | "write", number>>,
) {
  const { input = 0, output = 0, read = 0, write = 0 } = tokens;
  return PRICES.costOf(model, {
    input_tokens: input,
    output_tokens: output,
    cache_read_tokens: read,
    cache_creation_tokens: write,
  });
}

Deno.test("PriceList.costOf() adds the kinds up, in USD per million, by the first match", () => {
  assertAlmostEquals(cost("gpt-5", { input: 1e6, output: 1e5, read: 2e6 }) ?? 0, 3 + 1.5 + 0.6);
  assertEquals(cost("GPT-5-mini", { input: 1e6 }), 1);
  assertEquals(cost("else", { input: 1e6 }), 100);
});

Deno.test("PriceList.costOf() knows no cost where the price of a kind is missing", () => {
  assertEquals(cost("gpt-5", { input: 1, write: 1 }), undefined);
  assertEquals(cost("gpt-5-mini", { read: 1 }), undefined);
});

Deno.test("PriceList.costOf() knows without any price that nothing costs nothing", () => {
  const none = new PriceList([]);
  const tokens = {
    input_tokens: 0,
    output_tokens: 0,
    cache_read_tokens: 0,
    cache_creation_tokens: 0,
  };
  assertEquals(none.costOf("m", tokens), 0);
  assertEquals(none.costOf("m", { ...tokens, output_tokens: 1 }), undefined);
});
