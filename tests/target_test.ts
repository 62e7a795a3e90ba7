import { assertEquals } from "@std/assert";
import { compileGlob } from "../src/profiles/glob.ts";
import { upstreamModel } from "../src/target.ts";
import { testTarget } from "./support/turn.ts";

const ALIASES = [["claude-haiku-*", "small"], ["claude-*", "large"]].map((
  [pattern = "", model = ""],
) => ({
  pattern,
  matches: compileGlob(pattern),
  model,
}));

const CASES: {
  client: string;
  model: string | undefined;
  aliases: typeof ALIASES;
  want: string;
}[] = [
  { client: "claude-haiku-4-5", model: "fixed", aliases: ALIASES, want: "small" },
  { client: "claude-opus-4-1", model: "fixed", aliases: ALIASES, want: "large" },
  { client: "claude-opus-4-1[1m]", model: "fixed", aliases: ALIASES, want: "large" },
  { client: "gpt", model: "fixed", aliases: ALIASES, want: "fixed" },
  { client: "gpt", model: undefined, aliases: ALIASES, want: "gpt" },
  { client: "gpt[1m]", model: undefined, aliases: [], want: "gpt" },
  { client: "gpt[1M]", model: undefined, aliases: [], want: "gpt" },
];

for (const { client, model, aliases, want } of CASES) {
  Deno.test(`upstreamModel() of ${client} with ${aliases.length} aliases and ${model} is ${want}`, () => {
    assertEquals(upstreamModel(testTarget({ model, aliases }), client), want);
  });
}
