import { assertEquals } from "@std/assert";
import { compileGlob } from "../src/profiles/glob.ts";
import { secretsOf, upstreamModel } from "../src/target.ts";
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

Deno.test("secretsOf() names keys, and credentials in headers and parameters", () => {
  const secrets = secretsOf({
    apiKeys: ["k-1", "k-2"],
    headers: { Authorization: "Bearer t-1", "x-title": "Switchyard", "X-Tenant-Token": "t-2" },
    query: { key: "q-1", "api-version": "2026" },
  });
  assertEquals(secrets, ["k-1", "k-2", "Bearer t-1", "t-1", "t-2", "t-2", "q-1", "q-1"]);
  assertEquals(secretsOf({ apiKeys: [] }), []);
});
