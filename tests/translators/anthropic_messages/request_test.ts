import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { UnsupportedFeatureError } from "../../../src/errors.ts";
import type { Quirks } from "../../../src/profiles/schema.ts";
import type { Target } from "../../../src/target.ts";
import { translateBody } from "../../../src/translators/anthropic_messages/request.ts";
import { rawBody, relayTarget, relayTurn } from "./relay_turn.ts";

interface Case {
  readonly name: string;
  readonly target?: Partial<Target> & { readonly quirks?: Quirks };
  readonly body: string;
  readonly want: string;
  readonly dropped?: readonly string[];
}

const HAIKU = { pattern: "claude-haiku-*", matches: isHaiku, model: "small" };

function isHaiku(model: string): boolean {
  return model.startsWith("claude-haiku-");
}

function body(model: string, messages: string, rest = '"max_tokens":100'): string {
  return `{ "model":"${model}",\n "messages": ${messages}, ${rest} }`;
}

const HI = '[{"role":"user","content":"hi"}]';

const UNCHANGED: { name: string; target?: Case["target"]; body: string }[] = [
  { name: "nothing is configured", body: body("claude-x", HI) },
  { name: "the name ends in [1m] and nothing renames it", body: body("claude-x[1m]", HI) },
  {
    name: "the configured model is the client's",
    target: { model: "claude-x" },
    body: body("claude-x", HI),
  },
  {
    name: "no alias matches",
    target: { aliases: [HAIKU] },
    body: body("claude-opus[1m]", HI),
  },
  {
    name: "max_tokens is at the limit",
    target: { maxOutputTokens: 100 },
    body: body("claude-x", HI),
  },
  {
    name: "thinking carries a signature of Anthropic",
    body: body(
      "claude-x",
      '[{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"EqQB"}]}]',
    ),
  },
  {
    name: "a system message is in mid-conversation and the upstream takes it",
    body: body("claude-x", '[{"role":"user","content":"a"},{"role":"system","content":"b"}]'),
  },
  {
    name: "a count_tokens body has nothing to limit or to add to",
    target: { maxOutputTokens: 1, body: { service_tier: "auto" }, quirks: { extra: { a: 1 } } },
    body: body("claude-x", HI, '"tools":[]'),
  },
];

for (const { name, target, body } of UNCHANGED) {
  Deno.test(`translateBody() returns the client's bytes when ${name}`, () => {
    const raw = rawBody(body);
    assertStrictEquals(translateBody(relayTurn(raw, relayTarget(target)), raw), raw.bytes);
  });
}

const THINKING = '{"type":"thinking","thinking":"a \\"b\\" ]}","signature":"sy1.x"}';
const REDACTED = '{"type":"redacted_thinking","data":"sy1.y"}';
const TEXT = '{"type":"text","text":"[{\\\\"}';
const SEARCH = '{"type":"server_tool_use","id":"s1","name":"web_search","input":{}}';
const FOUND = '{"type":"web_search_tool_result","tool_use_id":"s1",' +
  '"content":[{"type":"web_search_result","encrypted_content":"sy1.z"}]}';

function reminder(text: string): string {
  return `{"role":"user","content":[{"type":"text","text":"<system-reminder>\\n${text}\\n</system-reminder>"}]}`;
}

const CALL = '{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]}';
const RESULT = '{"role":"user", "content":[{"type":"tool_result","tool_use_id":"t1"}]}';

const CHANGED: Case[] = [
  {
    name: "renames to the configured model",
    target: { model: "other" },
    body: body("claude-x", HI),
    want: body("other", HI),
  },
  {
    name: "renames by alias, which sees the name without [1m]",
    target: { aliases: [HAIKU], model: "other" },
    body: body("claude-haiku-9[1m]", HI),
    want: body("small", HI),
  },
  {
    name: "drops [1m] where the alias gives the same name",
    target: { model: "claude-x" },
    body: body("claude-x[1m]", HI),
    want: body("claude-x", HI),
  },
  {
    name: "lowers max_tokens, and a thinking budget that would be above it",
    target: { maxOutputTokens: 4096 },
    body: body("m", HI, '"thinking": {"budget_tokens" :31999},"max_tokens" : 32000'),
    want: body("m", HI, '"thinking": {"budget_tokens" :4095},"max_tokens" : 4096'),
    dropped: ["max_tokens", "thinking.budget_tokens"],
  },
  {
    name: "merges the target's body over the client's and the profile's",
    target: { body: { metadata: { a: 1 }, top_k: 3 }, quirks: { extra: { top_k: 2, x: true } } },
    body: body("m", HI, '"metadata":{"user_id":"u"},"max_tokens":1'),
    want: '{ "model":"m",\n "messages": [{"role":"user","content":"hi"}], ' +
      '"metadata":{"user_id":"u","a":1},"max_tokens":1,"top_k":3,"x":true }',
  },
  {
    name: "removes blocks that only this gateway can read",
    body: body("m", `[{"content": [ ${THINKING}, ${TEXT},\n${REDACTED} ],"role":"assistant"}]`),
    want: body("m", `[{"content": [ ${TEXT} ],"role":"assistant"}]`),
  },
  {
    name: "drops a message that only this gateway can read",
    body: body("m", `[{"role":"user","content":"a"},{"role":"assistant","content":[${REDACTED}]}]`),
    want: body("m", '[{"role":"user","content":"a"}]'),
  },
  {
    name: "removes a search of this gateway with its result",
    body: body("m", `[{"role":"assistant","content":[${SEARCH},${FOUND},${TEXT}]}]`),
    want: body("m", `[{"role":"assistant","content":[${TEXT}]}]`),
  },
  {
    name: "reads the last of two contents",
    body: body("m", `[{"role":"assistant","content":[1],"content":[${THINKING},${TEXT}]}]`),
    want: body("m", `[{"role":"assistant","content":[1],"content":[${TEXT}]}]`),
  },
  {
    name: "turns system messages in mid-conversation into reminders",
    target: { quirks: { drop_mid_system: true } },
    body: body("m", '[{"role":"user","content":"a"},{"role":"system","content":"b"}, 0]')
      .replace(", 0]", ',{"role":"system","content":[{"type":"tool_addition"}]} ]'),
    want: body("m", `[{"role":"user","content":"a"},${reminder("b")} ]`),
    dropped: ["messages.1", "messages.2"],
  },
  {
    name: "moves reminders behind the result that must follow its call",
    target: { quirks: { drop_mid_system: true } },
    body: body(
      "m",
      `[${CALL}, {"role":"system","content":"b"} ,{"role":"system","content":"c"},${RESULT}]`,
    ),
    want: body("m", `[${CALL}, ${RESULT} ,${reminder("b")},${reminder("c")}]`),
    dropped: ["messages.1", "messages.2"],
  },
  {
    name: "drops a field together with its beta flag",
    target: { quirks: { drop_betas: ["context-management-*"] } },
    body: body("m", HI, '"context_management":{"edits":[{"type":"compact_1"}]},"max_tokens":1'),
    want: body("m", HI, '"max_tokens":1'),
    dropped: ["context_management"],
  },
  {
    name: "does not report a hint that goes with its beta flag",
    target: { quirks: { drop_betas: ["*"] } },
    body: body(
      "m",
      HI,
      '"context_management":{"edits":[{"type":"clear_thinking_20251015"}]},"max_tokens":1',
    ),
    want: body("m", HI, '"max_tokens":1'),
  },
];

for (const { name, target, body, want, dropped = [] } of CHANGED) {
  Deno.test(`translateBody() ${name}`, () => {
    const raw = rawBody(body);
    const turn = relayTurn(raw, relayTarget(target));
    assertEquals(translateBody(turn, raw), want);
    assertEquals(turn.losses.all.map(({ path }) => path), [...dropped]);
  });
}

Deno.test("translateBody() refuses a loss when on_loss is error", () => {
  const raw = rawBody(body("m", HI));
  const turn = relayTurn(raw, relayTarget({ maxOutputTokens: 9, onLoss: "error" }));
  assertThrows(
    () => translateBody(turn, raw),
    UnsupportedFeatureError,
    "max_tokens: a value over 9 is not supported by target 'relay' (anthropic_messages)",
  );
});

Deno.test("translateBody() does not refuse a loss when tokens are only counted", () => {
  const raw = rawBody(body("m", '[{"role":"system","content":"a"}]', '"tools":[]'));
  const target = relayTarget({ onLoss: "error", quirks: { drop_mid_system: true } });
  const turn = relayTurn(raw, target);
  assertEquals(translateBody(turn, raw), body("m", `[${reminder("a")}]`, '"tools":[]'));
  assertEquals(turn.losses.all, []);
});

Deno.test("translateBody() does not refuse envelopes in history when on_loss is error", () => {
  const raw = rawBody(body("m", `[{"role":"assistant","content":[${THINKING},${TEXT}]}]`));
  const turn = relayTurn(raw, relayTarget({ onLoss: "error" }));
  assertEquals(translateBody(turn, raw), body("m", `[{"role":"assistant","content":[${TEXT}]}]`));
});
