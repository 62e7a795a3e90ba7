import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { codexResponsesDemo } from "../../src/demo/codex_responses.ts";
import { isObject, type JsonObject } from "../../src/json.ts";
import { countTokens, translateRequest } from "../../src/translators/codex_responses/request.ts";
import { callDemo, payloads } from "../demo/demo_calls.ts";
import { claudeCodeTurn } from "../support/claude_code_turn.ts";
import { openAiCheck } from "../support/openapi.ts";
import { testTurn } from "../support/turn.ts";
import { REQUESTS, SENT } from "../translators/codex_responses/requests.ts";

const checkRequest = await openAiCheck("CreateResponse", SENT);
const checkCount = await openAiCheck("TokenCountsBody", SENT);
const checkEvent = await openAiCheck("ResponseStreamEvent", { overlapping: true });
const checkAnswer = await openAiCheck("Response", { overlapping: true });

const MODELS = ["gpt-5.2-codex", "gpt-5.4", "gpt-4.1", "o3"];

for (const { name, request } of [...REQUESTS, { name: "Claude Code", request: agentTurn() }]) {
  Deno.test({
    name: `translateRequest() sends ${name} as OpenAI describes it`,
    ignore: !checkRequest,
    fn() {
      for (const model of MODELS) {
        const turn = testTurn({
          mode: "codex_responses",
          baseUrl: "https://api.openai.com/v1",
          model,
          request,
        });
        const { body } = translateRequest(turn);
        assertEquals(checkRequest?.(body), []);
        assertEquals(checkCount?.(countTokens(turn)?.body), []);
      }
    },
  });
}

Deno.test({
  name: "the check of requests finds what OpenAI would refuse",
  ignore: !checkRequest,
  fn() {
    const sound = { model: "m", input: [{ role: "user", content: "hi" }] };
    assertEquals(checkRequest?.(sound), []);
    const broken = [
      { ...sound, max_output_tokens: 8 },
      { ...sound, tools: [{ type: "function", name: "f", parameters: {} }] },
      { ...sound, input: [{ type: "message", role: "user", content: [{ type: "text" }] }] },
      { ...sound, input: [{ type: "function_call", name: "f" }] },
    ];
    for (const body of broken) assertNotEquals(checkRequest?.(body), []);
  },
});

for (const { name, request } of REQUESTS) {
  Deno.test({
    name: `the demo answers ${name} as OpenAI describes it`,
    ignore: !checkAnswer,
    async fn() {
      for (const stream of [true, false]) {
        const turn = testTurn({
          mode: "codex_responses",
          baseUrl: "https://api.openai.com/v1",
          model: "gpt-5.2-codex",
          request: { ...request, stream },
        });
        const { body } = translateRequest(turn);
        const reply = await callDemo(codexResponsesDemo, "/v1/responses", {
          body: { ...body, stream },
        });
        assertEquals(reply?.status, 200, JSON.stringify(reply?.body));
        const events = payloads(reply?.events ?? []);
        assert(!stream || events.length > 3);
        for (const event of events) assertEquals(checkEvent?.(event), []);
        if (!stream) assertEquals(checkAnswer?.(reply?.body), []);
      }
    },
  });
}

function agentTurn(): JsonObject {
  const turn: unknown = JSON.parse(JSON.stringify(claudeCodeTurn()));
  assert(isObject(turn));
  return turn;
}
