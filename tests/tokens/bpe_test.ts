import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { countTokens as countWhole } from "gpt-tokenizer/o200k_base";
import { countTokens } from "../../src/tokens/bpe.ts";

/** Far above what a count takes, and far below what the encoder needs without pieces. */
const MAX_MS = 1000;

const EXACT: { name: string; input: string[]; want: number }[] = [
  { name: "nothing", input: [], want: 0 },
  { name: "empty texts", input: ["", ""], want: 0 },
  { name: "words", input: ["hello world"], want: 2 },
  { name: "several texts", input: ["hello world", "hello"], want: 3 },
  { name: "lone surrogates", input: ["\ud800"], want: 1 },
];

for (const { name, input, want } of EXACT) {
  Deno.test(`countTokens() counts ${name}`, async () => {
    assertEquals(await countTokens(input), want);
  });
}

Deno.test("countTokens() counts prose in pieces as the encoder counts it whole", async () => {
  const prose = await Deno.readTextFile(new URL("../../LICENSE", import.meta.url));
  const whole = countWhole(prose);
  assertAlmostEquals(await countTokens([prose]), whole, whole * 0.005);
});

const ATTACKS: { name: string; input: string }[] = [
  { name: "50,000 times one letter", input: "a".repeat(50_000) },
  { name: "50,000 characters of Chinese", input: "今天天气很好我们去公园散步".repeat(4000) },
  { name: "50,000 spaces", input: " ".repeat(50_000) },
  { name: "25,000 emoji", input: "😀".repeat(25_000) },
  { name: "300 KB of base64", input: btoa("\x00\x10\x83\x10\x51\x87".repeat(40_000)) },
  { name: "special tokens", input: "<|endoftext|>".repeat(2000) },
];

for (const { name, input } of ATTACKS) {
  Deno.test(`countTokens() is quick with ${name}`, async () => {
    await countTokens(["load"]);
    const start = performance.now();
    assert(await countTokens([input]) > 0);
    assert(performance.now() - start < MAX_MS);
  });
}

Deno.test("countTokens() judges very long texts by their size", async () => {
  assertEquals(await countTokens(["x".repeat(9_000_000)]), 2_500_000);
});

Deno.test("countTokens() lets other tasks run in between", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await countTokens([" word".repeat(200_000)]);
  clearInterval(timer);
  assert(turns > 3);
});
