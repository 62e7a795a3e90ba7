import { assertEquals } from "@std/assert";
import { modelFamily } from "../../../src/translators/codex_responses/model_family.ts";

const CASES: readonly (readonly [model: string, want: string])[] = [
  ["gpt-5", "gpt-5"],
  ["gpt-5.2-codex", "gpt-5"],
  ["openai/gpt-5.1-codex-max", "gpt-5"],
  ["GPT-6", "gpt-6"],
  ["o3", "o3"],
  ["o4-mini", "o4"],
  ["grok-4-fast", "grok-4"],
  ["gpt-oss-120b", "gpt-oss-120"],
  ["my-deployment", "my-deployment"],
  ["", ""],
];

for (const [model, want] of CASES) {
  Deno.test(`modelFamily() of '${model}' is '${want}'`, () => {
    assertEquals(modelFamily(model), want);
  });
}
