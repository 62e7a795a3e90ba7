import { assertEquals } from "@std/assert";
import { didYouMean } from "../../src/config/problems.ts";

const NAMES = ["base_url", "api_key", "model", "models", "timeouts", "gpt"];

const CASES: { word: string; want: string | undefined }[] = [
  { word: "base-url", want: "base_url" },
  { word: "baseUrl", want: "base_url" },
  { word: "baseurls", want: "base_url" },
  { word: "apikey", want: "api_key" },
  { word: "modle", want: "model" },
  { word: "timeout", want: "timeouts" },
  { word: "gtp", want: "gpt" },
  { word: "MODEL", want: "model" },
  { word: "zebra", want: undefined },
  { word: "", want: undefined },
  { word: "x".repeat(1_000_000), want: undefined },
];

for (const { word, want } of CASES) {
  Deno.test(`didYouMean() offers ${want} for '${word.slice(0, 20)}'`, () => {
    assertEquals(didYouMean(word, NAMES), want === undefined ? "" : `; did you mean '${want}'?`);
  });
}
