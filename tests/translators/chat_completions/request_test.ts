import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { parseMessagesRequest } from "../../../src/anthropic/request_guard.ts";
import { GatewayError, UnsupportedFeatureError } from "../../../src/errors.ts";
import { translateRequest } from "../../../src/translators/chat_completions/request.ts";
import { createTurn } from "../../../src/translators/turn.ts";
import { soundRequest } from "../../property/arbitraries.ts";
import { chatCall } from "../../support/chat_request.ts";
import { claudeCodeTurn } from "../../support/claude_code_turn.ts";
import { readCases } from "../../support/fixtures.ts";
import { openAiCheck } from "../../support/openapi.ts";
import { testTarget, testTurn } from "../../support/turn.ts";

const OPENAI = { baseUrl: "https://api.openai.com/v1" };

Deno.test("translateRequest() asks for usage in streams, and only there", () => {
  const optionsOf = (stream: boolean, stream_options = true) =>
    chatCall({ quirks: { stream_options }, request: { stream } }).body.stream_options;
  assertEquals([optionsOf(true), optionsOf(false), optionsOf(true, false)], [
    { include_usage: true },
    undefined,
    undefined,
  ]);
});

Deno.test("translateRequest() merges the target's own fields last, into objects too", () => {
  const { body } = chatCall({
    quirks: { extra: { provider: { order: ["a"], sort: "x" } } },
    body: { provider: { sort: "price" }, temperature: 0, seed: 1 },
    request: { temperature: 1 },
  });
  assertEquals([body.provider, body.temperature, body.seed], [
    { order: ["a"], sort: "price" },
    0,
    1,
  ]);
});

Deno.test("translateRequest() sends the target's model, and asks below its base URL", () => {
  const { body, path } = chatCall({ model: "m", quirks: { chat_path: "/v2/chat" } });
  assertEquals([body.model, path], ["m", "/v2/chat"]);
});

Deno.test("translateRequest() tells that a window of 1M tokens is not there", () => {
  const lost = (model: string, contextWindow?: number) =>
    chatCall({ request: { model }, contextWindow }).lost;
  assertEquals(lost("claude[1m]", 200_000), ["model"]);
  assertEquals([lost("claude[1m]"), lost("claude[1m]", 1_000_000), lost("claude", 5)], [
    [],
    [],
    [],
  ]);
});

Deno.test("translateRequest() leaves a byte-stable prefix from turn to turn (demands rows 1 and 28)", () => {
  const bodyOf = (fingerprint: string, rounds: number) =>
    JSON.stringify(
      chatCall({
        ...OPENAI,
        model: "gpt-4.1",
        request: { ...claudeCodeTurn({ fingerprint, rounds }) },
      })
        .body,
    );
  assertEquals(bodyOf("a", 3), bodyOf("b", 3));
  const [short, long] = [bodyOf("a", 3), bodyOf("a", 4)];
  // All rounds but the two messages behind the last one are the same bytes.
  const common = short.indexOf("The path separator is wrong");
  assertEquals(long.slice(0, common - 40), short.slice(0, common - 40));
  assertNotEquals(short, long);
});

Deno.test("translateRequest() says nothing of account, device or session ids (demands row 6)", () => {
  const body = JSON.stringify(chatCall({ ...OPENAI, request: { ...claudeCodeTurn() } }).body);
  for (const id of ["5f0c1d5e-1111", "0b6a7c8d-aaaa", "d".repeat(64), "x-anthropic-billing"]) {
    assert(!body.includes(id), id);
  }
});

const check = await openAiCheck("CreateChatCompletionRequest");

if (check) {
  Deno.test("the check finds what OpenAI refuses", () => {
    assertNotEquals(check({}), []);
    assertNotEquals(check({ model: "m", messages: [] }), []);
    assertNotEquals(check({ model: "m", messages: [{ role: "robot", content: "Hi" }] }), []);
    const body = { model: "m", messages: [{ role: "user", content: "Hi" }] };
    assertEquals(check(body), []);
    assertNotEquals(check({ ...body, temperature: 5 }), []);
    assertNotEquals(check({ ...body, reasoning_effort: "huge" }), []);
  });

  for (const { name, request } of await readCases("chat_completions")) {
    for (const model of ["gpt-4.1", "gpt-5.2", "gpt-6"]) {
      Deno.test(`translateRequest() of ${name} for ${model} is what OpenAI's description allows`, () => {
        assertEquals(check(chatCall({ ...OPENAI, model, request }).body), []);
      });
    }
  }

  Deno.test("translateRequest() of any request is what OpenAI's description allows", () => {
    const targets = ["gpt-4.1", "gpt-5.2", "o3"].map((model) => testTarget({ ...OPENAI, model }));
    fc.assert(
      fc.property(soundRequest, fc.constantFrom(...targets), (request, target) => {
        const turn = createTurn(parseMessagesRequest(JSON.stringify(request)), target);
        let body: unknown;
        try {
          ({ body } = translateRequest(turn));
        } catch (error) {
          assert(error instanceof GatewayError, `${error}`);
          return;
        }
        assertEquals(check(JSON.parse(JSON.stringify(body))), []);
      }),
      { seed: 20261122, numRuns: 300 },
    );
  });
}

const POLICIES = [
  { onLoss: "warn", reported: true },
  { onLoss: "drop", reported: false },
] as const;

for (const { onLoss, reported } of POLICIES) {
  Deno.test(`translateRequest() drops what it cannot send where on_loss is ${onLoss}`, () => {
    const turn = testTurn({ onLoss, request: { top_k: 5 } });
    assertEquals(translateRequest(turn).body.top_k, undefined);
    assertEquals(turn.losses.all, [{ path: "top_k", what: "top_k" }]);
    assertEquals(turn.losses.reported, reported);
  });
}

Deno.test("translateRequest() refuses what it cannot send where on_loss is error", () => {
  assertThrows(
    () => chatCall({ onLoss: "error", request: { top_k: 5 } }),
    UnsupportedFeatureError,
    "top_k: top_k is not supported by target 'fast' (chat_completions)",
  );
});
