import { assertEquals } from "@std/assert";
import { UpstreamError } from "../../../src/errors.ts";
import type { Quirks } from "../../../src/profiles/schema.ts";
import { recover } from "../../../src/translators/bedrock_converse/recover.ts";
import { converseCall, converseTurn, MODELS } from "../../support/converse.ts";
import type { TurnParts } from "../../support/turn.ts";

function failure(upstreamMessage: string, upstreamStatus = 400): UpstreamError {
  const type = "invalid_request_error" as const;
  return new UpstreamError("no", { status: 400, type, upstreamMessage, upstreamStatus });
}

const WITHOUT_REASONING: Quirks = { reasoning_in: "none", thinking_never: true };

const CASES: readonly { message: string; parts?: TurnParts; quirks: Quirks; remember: boolean }[] =
  [
    {
      message: "messages.1.content.0: Invalid `signature` in `thinking` block",
      quirks: WITHOUT_REASONING,
      remember: false,
    },
    {
      message:
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`",
      quirks: WITHOUT_REASONING,
      remember: false,
    },
    { message: "invalid beta flag", quirks: { betas: [] }, remember: true },
    {
      message: "context_management: Extra inputs are not permitted",
      quirks: { betas: [] },
      remember: true,
    },
    {
      message:
        "This model doesn't support the temperature field. Remove temperature: not supported",
      quirks: { sampling: "locked" },
      remember: true,
    },
    {
      message:
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive"',
      quirks: { thinking_on: { thinking: { type: "adaptive" } }, budget_field: null },
      remember: true,
    },
    {
      message: "adaptive thinking is not supported on this model",
      parts: { model: MODELS.claude5 },
      quirks: {
        thinking_on: { thinking: { type: "enabled" } },
        budget_field: "thinking.budget_tokens",
        thinking_display: false,
      },
      remember: true,
    },
    {
      message: "output_config.effort: Extra inputs are not permitted",
      parts: { model: MODELS.claude5 },
      quirks: { effort_path: null },
      remember: true,
    },
    {
      message: 'messages.3.role: unexpected role "system"',
      parts: { model: MODELS.claude5 },
      quirks: { mid_system: "user" },
      remember: true,
    },
    {
      message: "The model does not support stopSequences",
      parts: { model: MODELS.qwen },
      quirks: { stop: "emulate" },
      remember: true,
    },
    {
      message: "This model doesn't support the toolConfig.toolChoice.any field: unsupported",
      parts: { model: MODELS.qwen },
      quirks: { tool_choice: ["auto"] },
      remember: true,
    },
    {
      message: "You invoked an unsupported model or your request did not allow prompt caching",
      quirks: { cache: "none" },
      remember: true,
    },
  ];

for (const { message, parts = {}, quirks, remember } of CASES) {
  Deno.test(`recover() knows another way after: ${message}`, () => {
    const recovery = recover(converseTurn(parts), failure(message));
    assertEquals(recovery, { quirks, remember });
    const learned = converseTurn({ ...parts, learned: recovery?.quirks ?? {} });
    assertEquals(recover(learned, failure(message)), undefined);
  });
}

Deno.test("recover() leaves alone what it cannot mend", () => {
  assertEquals(recover(converseTurn(), failure("invalid beta flag", 403)), undefined);
  assertEquals(
    recover(converseTurn(), failure("Input is too long for requested model")),
    undefined,
  );
  assertEquals(recover(converseTurn(), failure("temperature must be less than 1")), undefined);
});

Deno.test("translateRequest() asks again without the reasoning that was refused", () => {
  const request = {
    max_tokens: 9000,
    thinking: { type: "enabled", budget_tokens: 2000 },
    context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
    messages: [
      { role: "user", content: "a" },
      { role: "assistant", content: [{ type: "thinking", thinking: "b", signature: "x" }] },
      { role: "user", content: "c" },
    ],
  };
  const { body } = converseCall({ request, learned: WITHOUT_REASONING });
  assertEquals(body.messages, [{ role: "user", content: [{ text: "a" }, { text: "c" }] }]);
  assertEquals(body.additionalModelRequestFields, undefined);
});
