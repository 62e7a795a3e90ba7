import { assertEquals } from "@std/assert";
import { hintsFor } from "../../src/commands/hints.ts";
import { type TargetOptions, testTarget } from "../support/turn.ts";

const OPENAI = { name: "gpt", baseUrl: "https://api.openai.com/v1" };
const MINI = { pattern: "claude-haiku-*", matches: () => true, model: "gpt-5.1-codex-mini" };

const CASES: readonly {
  readonly name: string;
  readonly target: TargetOptions;
  readonly want: readonly string[];
}[] = [
  { name: "nothing at a model that does all", target: { ...OPENAI, model: "gpt-5.2" }, want: [] },
  { name: "nothing where the client names it", target: { ...OPENAI, model: undefined }, want: [] },
  {
    name: "at a model that does not think with tools",
    target: { ...OPENAI, model: "gpt-6-mini" },
    want: [
      "target 'gpt': 'gpt-6-mini' does not think in chat_completions where tools are offered, as " +
      "Claude Code does; use 'api_mode: codex_responses'",
    ],
  },
  {
    name: "at a model of an alias that this API does not serve",
    target: { ...OPENAI, model: "gpt-5.2", aliases: [MINI] },
    want: [
      "target 'gpt': 'gpt-5.1-codex-mini' is not served by chat_completions; " +
      "use 'api_mode: codex_responses'",
    ],
  },
  {
    name: "nothing in the mode that serves it",
    target: { ...OPENAI, mode: "codex_responses", model: "gpt-5.2-codex" },
    want: [],
  },
];

for (const { name, target, want } of CASES) {
  Deno.test(`hintsFor() hints ${name}`, () => {
    assertEquals(hintsFor([testTarget(target)]), want);
  });
}
