import { assertEquals } from "@std/assert";
import { countTokens } from "../../../src/translators/bedrock_converse/count_tokens.ts";
import { converseTurn, MODELS } from "../../support/converse.ts";

Deno.test("countTokens() asks for the model itself with what is counted and no more", () => {
  const request = {
    max_tokens: 9000,
    system: "Be brief.",
    stop_sequences: ["END"],
    thinking: { type: "enabled", budget_tokens: 2000 },
    tools: [{ name: "run", input_schema: { type: "object" } }],
  };
  const call = countTokens(converseTurn({ request }));
  assertEquals(call?.path, "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens");
  const toolSpec = { name: "run", description: "run", inputSchema: { json: { type: "object" } } };
  assertEquals(call?.body, {
    input: {
      converse: {
        messages: [{ role: "user", content: [{ text: "Hi" }] }],
        system: [{ text: "Be brief." }],
        toolConfig: { tools: [{ toolSpec }] },
        additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2000 } },
      },
    },
  });
  assertEquals(call?.stream, false);
});

Deno.test("countTokens() reads the count, and knows which refusals last", () => {
  const call = countTokens(converseTurn({ model: MODELS.claude5 }));
  assertEquals([call?.read({ inputTokens: 12 }), call?.read("x")], [12, undefined]);
  const statuses = [200, 400, 403, 404, 429, 500];
  assertEquals(statuses.map((status) => call?.isMissing(status)), [
    false,
    true,
    true,
    true,
    true,
    false,
  ]);
});

Deno.test("countTokens() asks nobody where a quirk says so", () => {
  assertEquals(countTokens(converseTurn({ quirks: { count_tokens_path: null } })), undefined);
});
