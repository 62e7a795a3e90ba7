import { assertEquals } from "@std/assert";
import { UpstreamError } from "../../../src/errors.ts";
import type { Quirks } from "../../../src/profiles/schema.ts";
import { recover } from "../../../src/translators/chat_completions/recover.ts";
import { testTurn } from "../../support/turn.ts";

function failure(message: string, upstreamStatus = 400): UpstreamError {
  return new UpstreamError("x", {
    status: 400,
    type: "invalid_request_error",
    upstreamMessage: message,
    upstreamStatus,
  });
}

const LESSONS: { message: string; quirks?: Quirks; want: Quirks | undefined }[] = [
  { message: "Unknown parameter: 'stream_options'", want: { stream_options: false } },
  {
    message: "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
    want: { max_tokens_field: "max_completion_tokens" },
  },
  {
    message: "max_completion_tokens: Extra inputs are not permitted",
    quirks: { max_tokens_field: "max_completion_tokens" },
    want: { max_tokens_field: "max_tokens" },
  },
  { message: "max_tokens must be less than or equal to 8192", want: undefined },
  { message: "'max_tokens' is too large: 32000. It is invalid.", want: undefined },
  {
    message: "messages[0].role: unexpected value 'developer'",
    quirks: { system_role: "developer" },
    want: { system_role: "system", mid_system: "system" },
  },
  { message: "parallel_tool_calls is not supported", want: { parallel_tool_calls: "omit" } },
  {
    message: "Unrecognized key 'strict'",
    quirks: { strict_tools: true },
    want: { strict_tools: false },
  },
  { message: "Unrecognized key 'strict'", want: undefined },
  { message: "reasoning_effort is not supported by this model", want: { effort: "none" } },
  {
    message: "Unsupported value: 'temperature' does not support 0.2 with this model.",
    want: { sampling: "locked" },
  },
  { message: "Unsupported parameter: 'stop' is not supported", want: { stop: "emulate" } },
  { message: "the model could not stop", want: undefined },
  { message: "insufficient memory", want: undefined },
];

for (const { message, quirks = {}, want } of LESSONS) {
  Deno.test(`recover() learns ${JSON.stringify(want)} from "${message}"`, () => {
    const learned = recover(testTurn({ quirks }), failure(message));
    assertEquals(learned, want && { quirks: want, remember: true });
  });
}

Deno.test("recover() learns from 400 and 422 only, and only where the profile may", () => {
  const message = "Unknown parameter: 'stream_options'";
  assertEquals(recover(testTurn(), failure(message, 422))?.remember, true);
  assertEquals(recover(testTurn(), failure(message, 500)), undefined);
  assertEquals(recover(testTurn({ quirks: { learn: false } }), failure(message)), undefined);
});

Deno.test("recover() asks once without thinking where earlier reasoning is missed (demands row 10)", () => {
  const message = "The `reasoning_content` in the thinking mode must be passed back to the API.";
  const quirks = { learn: false };
  assertEquals(recover(testTurn({ quirks }), failure(message)), {
    quirks: { thinking_never: true },
    remember: false,
  });
  const again = testTurn({ quirks: { ...quirks, thinking_never: true } });
  assertEquals(recover(again, failure(message)), undefined);
});
