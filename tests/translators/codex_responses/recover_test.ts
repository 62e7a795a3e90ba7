import { assertEquals } from "@std/assert";
import { UpstreamError } from "../../../src/errors.ts";
import type { Quirks } from "../../../src/profiles/schema.ts";
import { recover } from "../../../src/translators/codex_responses/recover.ts";
import { sealEnvelope, stateOwner } from "../../../src/translators/common/envelope.ts";
import { testTarget } from "../../support/turn.ts";
import { responsesTurn } from "./events.ts";

function failure(
  message: string,
  { status = 400, codes = [] as readonly string[] } = {},
): UpstreamError {
  return new UpstreamError("x", {
    status: 400,
    type: "invalid_request_error",
    upstreamMessage: message,
    upstreamCodes: codes,
    upstreamStatus: status,
  });
}

/** A turn whose history has reasoning of this target, or of another one. */
function turnWith(p = stateOwner(testTarget({ mode: "codex_responses" })), quirks: Quirks = {}) {
  const data = sealEnvelope({ k: "ri", p, m: "gpt-5.2", d: { ec: "E" } });
  const content = [{ type: "redacted_thinking", data }, { type: "text", text: "Hi" }];
  const messages = [
    { role: "user", content: "Hi" },
    { role: "assistant", content },
    { role: "user", content: "Go on" },
  ];
  return responsesTurn({ quirks, request: { messages } });
}

const WITHOUT_REASONING = { quirks: { reasoning_in: "none" }, remember: false };

const REFUSED: readonly { readonly name: string; readonly failure: UpstreamError }[] = [
  {
    name: "content that cannot be verified",
    failure: failure("The encrypted content gAAA... could not be verified."),
  },
  {
    name: "content that cannot be decrypted",
    failure: failure("Could not decrypt encrypted_content"),
  },
  { name: "a code alone", failure: failure("No", { codes: ["invalid_encrypted_content"] }) },
  { name: "an item that is gone", failure: failure("Item 'rs_1' not found", { status: 404 }) },
  {
    name: "an item without its own",
    failure: failure("Item of type 'reasoning' was provided without its required following item"),
  },
  { name: "the same in a stream", failure: failure("bad encrypted content", { status: 200 }) },
];

for (const { name, failure } of REFUSED) {
  Deno.test(`recover() leaves reasoning out for ${name}`, () => {
    assertEquals<unknown>(recover(turnWith(), failure), WITHOUT_REASONING);
  });
}

const KEPT: readonly { readonly name: string; readonly turn: ReturnType<typeof turnWith> }[] = [
  { name: "there is no reasoning", turn: responsesTurn({ provider: "openai" }) },
  { name: "all of it is of another target", turn: turnWith("openai:0") },
  { name: "it was left out already", turn: turnWith(undefined, { reasoning_in: "none" }) },
];

for (const { name, turn } of KEPT) {
  Deno.test(`recover() knows no other way where ${name}`, () => {
    const refusal = failure("encrypted content: could not be verified");
    assertEquals(recover(turn, refusal)?.quirks.reasoning_in, undefined);
  });
}

const LESSONS: readonly { readonly message: string; readonly want: Quirks | undefined }[] = [
  { message: "Unknown parameter: 'include'", want: { reasoning_encrypted: false } },
  {
    message: "Encrypted content is not supported with this model.",
    want: { reasoning_encrypted: false },
  },
  { message: "Unsupported parameter: 'reasoning.summary'", want: { summary: "none" } },
  { message: "Unsupported parameter: 'reasoning.effort'", want: { effort: "none" } },
  { message: "input[1].role: unexpected 'developer'", want: { mid_system: "system" } },
  { message: "'instructions' is not supported", want: { system_as: "input" } },
  { message: "Unknown parameter: 'parallel_tool_calls'", want: { parallel_tool_calls: "omit" } },
  { message: "Unknown parameter: 'prompt_cache_key'", want: { session_field: null } },
  { message: "Unknown parameter: 'safety_identifier'", want: { user_field: null } },
  { message: "Unknown parameter: 'service_tier'", want: { service_tier: false } },
  {
    message: "Invalid value: 'web_search_call.action.sources' in 'include'",
    want: { web_search_sources: false },
  },
  { message: "temperature is not supported with this model", want: { sampling: "locked" } },
  { message: "temperature must be at most 1", want: undefined },
  { message: "The model is on fire", want: undefined },
];

for (const { message, want } of LESSONS) {
  Deno.test(`recover() learns ${JSON.stringify(want)} from '${message}'`, () => {
    assertEquals<unknown>(recover(responsesTurn(), failure(message))?.quirks, want);
    const known = responsesTurn({ baseUrl: "https://api.openai.com/v1" });
    assertEquals(recover(known, failure(message)), undefined);
  });
}
