import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { InvalidRequestError } from "../../../src/errors.ts";
import { hashText, sealEnvelope, stateOwner } from "../../../src/translators/common/envelope.ts";
import { converseCall, converseTurn, messagesOf, MODELS } from "../../support/converse.ts";
import type { TurnParts } from "../../support/turn.ts";

const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown) => ({ role: "assistant", content });
const system = (content: unknown) => ({ role: "system", content });
const use = (id: string, name = "run") => ({ type: "tool_use", id, name, input: {} });
const result = (id: string, content = "ok") => ({ type: "tool_result", tool_use_id: id, content });
const thinking = (text: string, signature?: string) => ({
  type: "thinking",
  thinking: text,
  signature,
});
const text = (value: string) => ({ type: "text", text: value });

interface Case {
  readonly name: string;
  readonly messages: readonly unknown[];
  readonly target?: TurnParts;
  readonly want: readonly unknown[];
  readonly lost?: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "merges neighbours of one role",
    messages: [user("a"), user("b"), assistant("c"), assistant("d"), user("e")],
    want: [
      user([{ text: "a" }, { text: "b" }]),
      assistant([{ text: "c" }, { text: "d" }]),
      user([{ text: "e" }]),
    ],
  },
  {
    name: "lets the user begin",
    messages: [assistant("Welcome"), user("Hi")],
    want: [user([{ text: "Continue." }]), assistant([{ text: "Welcome" }]), user([{ text: "Hi" }])],
  },
  {
    name: "drops what says nothing, and merges what is left",
    messages: [user("a"), assistant([text("")]), user("b")],
    want: [user([{ text: "a" }, { text: "b" }])],
  },
  {
    name: "puts the results of tools first",
    messages: [
      user("a"),
      assistant([use("t1"), use("t2")]),
      user([text("b"), result("t2", "2"), result("t1", "1")]),
    ],
    want: [
      user([{ text: "a" }]),
      assistant([
        { toolUse: { toolUseId: "t1", name: "run", input: {} } },
        { toolUse: { toolUseId: "t2", name: "run", input: {} } },
      ]),
      user([
        { toolResult: { toolUseId: "t1", content: [{ text: "1" }], status: "success" } },
        { toolResult: { toolUseId: "t2", content: [{ text: "2" }], status: "success" } },
        { text: "b" },
      ]),
    ],
  },
  {
    name: "answers a call that nobody answered",
    messages: [user("a"), assistant([use("t1")]), user("b")],
    want: [
      user([{ text: "a" }]),
      assistant([{ toolUse: { toolUseId: "t1", name: "run", input: {} } }]),
      user([
        {
          toolResult: {
            toolUseId: "t1",
            content: [{ text: "[no result: the call was interrupted]" }],
            status: "error",
          },
        },
        { text: "b" },
      ]),
    ],
  },
  {
    name: "wraps an input that is no object, and makes ids legal",
    messages: [
      user("a"),
      assistant([{ ...use("call/1 !"), input: [1] }]),
      user([result("call/1 !")]),
    ],
    want: [
      user([{ text: "a" }]),
      assistant([{
        toolUse: {
          toolUseId: "call_4a66172f3b114c88bfa76e9d32185dfe",
          name: "run",
          input: { value: [1] },
        },
      }]),
      user([{
        toolResult: {
          toolUseId: "call_4a66172f3b114c88bfa76e9d32185dfe",
          content: [{ text: "ok" }],
          status: "success",
        },
      }]),
    ],
  },
  {
    name: "keeps the ids of Kimi",
    messages: [user("a"), assistant([use("functions.run:0")]), user([result("functions.run:0")])],
    target: { model: MODELS.kimi },
    want: [
      user([{ text: "a" }]),
      assistant([{ toolUse: { toolUseId: "functions.run:0", name: "run", input: {} } }]),
      user([
        {
          toolResult: {
            toolUseId: "functions.run:0",
            content: [{ text: "ok" }],
            status: "success",
          },
        },
      ]),
    ],
  },
  {
    name: "wraps a system message in mid-conversation as a reminder, in its place",
    messages: [user("a"), assistant("b"), system("c"), user("d")],
    want: [
      user([{ text: "a" }]),
      assistant([{ text: "b" }]),
      user([{ text: "<system-reminder>\nc\n</system-reminder>" }, { text: "d" }]),
    ],
  },
  {
    name: "keeps a system message between a call and its result behind the result",
    messages: [user("a"), assistant([use("t1")]), system("c"), user([result("t1")])],
    want: [
      user([{ text: "a" }]),
      assistant([{ toolUse: { toolUseId: "t1", name: "run", input: {} } }]),
      user([
        { toolResult: { toolUseId: "t1", content: [{ text: "ok" }], status: "success" } },
        { text: "<system-reminder>\nc\n</system-reminder>" },
      ]),
    ],
  },
  {
    name: "keeps the role of a system message for a model that has it",
    messages: [user("a"), assistant("b"), user("c"), system("d")],
    target: { model: MODELS.claude5 },
    want: [
      user([{ text: "a" }]),
      assistant([{ text: "b" }]),
      user([{ text: "c" }]),
      system([{ text: "d" }]),
    ],
  },
  {
    name: "keeps no such role where the user would speak twice",
    messages: [system("a"), user("b"), system("c"), user("d"), assistant("e"), system("f")],
    target: { model: MODELS.claude5 },
    want: [
      user([
        { text: "<system-reminder>\na\n</system-reminder>" },
        { text: "b" },
        { text: "<system-reminder>\nc\n</system-reminder>" },
        { text: "d" },
      ]),
      assistant([{ text: "e" }]),
      user([{ text: "<system-reminder>\nf\n</system-reminder>" }]),
    ],
  },
  {
    name: "trims the answer that Claude goes on with",
    messages: [user("a"), assistant("b \n")],
    want: [user([{ text: "a" }]), assistant([{ text: "b" }])],
  },
  {
    name: "tells that others do not go on with an answer",
    messages: [user("a"), assistant("b ")],
    target: { model: MODELS.nova2 },
    want: [user([{ text: "a" }]), assistant([{ text: "b" }])],
    lost: ["messages.1"],
  },
  {
    name: "keeps white space where the answer is over",
    messages: [user("a"), assistant("b \n"), user("c")],
    want: [user([{ text: "a" }]), assistant([{ text: "b \n" }]), user([{ text: "c" }])],
  },
  {
    name: "tells what a server's tools did in words",
    messages: [
      user("a"),
      assistant([
        { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "q" } },
        {
          type: "web_search_tool_result",
          tool_use_id: "s1",
          content: [{
            type: "web_search_result",
            title: "T",
            url: "https://a.test",
            encrypted_content: "x",
          }],
        },
      ]),
      user("b"),
    ],
    want: [
      user([{ text: "a" }]),
      assistant([
        { text: '[web_search: "q"]' },
        { text: "[web_search result]\nT https://a.test" },
      ]),
      user([{ text: "b" }]),
    ],
  },
];

for (const { name, messages, target = {}, want, lost = [] } of CASES) {
  Deno.test(`translateRequest() ${name}`, () => {
    const call = converseCall({ ...target, request: { messages } });
    assertEquals<unknown>(messagesOf(call), want);
    assertEquals(call.lost, lost);
  });
}

Deno.test("translateRequest() makes ids of nine letters and digits for Mistral", () => {
  const messages = [user("a"), assistant([use("toolu_1")]), user([result("toolu_1")])];
  const call = converseCall({ model: MODELS.mistral, request: { messages } });
  const ids = /"toolUseId":"(\w+)"/g;
  const [first, second] = [...JSON.stringify(messagesOf(call)).matchAll(ids)].map(([, id]) => id);
  assertMatch(first ?? "", /^[A-Za-z0-9]{9}$/);
  assertEquals(second, first);
});

Deno.test("translateRequest() refuses a conversation that says nothing", () => {
  const request = { messages: [user("  ")] };
  assertThrows(() => converseCall({ request }), InvalidRequestError, "must be non-empty");
});

const SIG = "EqQBCgIYAhIM";
const signed = (value: string, signature = SIG) => ({
  reasoningContent: { reasoningText: { text: value, signature } },
});

/** An envelope of a model at the target of {@link converseTurn}. */
function sealed(model: string, d: Readonly<Record<string, string>>, shown = ""): string {
  const { target } = converseTurn();
  return sealEnvelope({ k: "br", p: stateOwner(target), m: model, h: hashText(shown), d });
}

interface ReasoningCase {
  readonly name: string;
  readonly block: unknown;
  readonly model?: string;
  /** What goes back; undefined if nothing does. */
  readonly want?: unknown;
}

const REASONING: readonly ReasoningCase[] = [
  { name: "Claude's signed thinking as it is", block: thinking("hm", SIG), want: signed("hm") },
  { name: "signed thinking without text", block: thinking("", SIG), want: signed("") },
  {
    name: "redacted thinking as it is",
    block: { type: "redacted_thinking", data: "EmwKAhg" },
    want: { reasoningContent: { redactedContent: "EmwKAhg" } },
  },
  { name: "no unsigned thinking", block: thinking("hm") },
  { name: "no thinking with an empty signature", block: thinking("hm", "") },
  {
    name: "no thinking that another kind of target made",
    block: thinking(
      "hm",
      sealEnvelope({ k: "rc", p: "deepseek:1", m: "m", d: { f: "reasoning" } }),
    ),
  },
  { name: "no thinking with a broken envelope", block: thinking("hm", "sy1.###") },
  {
    name: "thinking whose text was hidden, with its text",
    block: thinking("", sealed(MODELS.claude, { sig: SIG, t: "hm" }, "hm")),
    want: signed("hm"),
  },
  {
    name: "nothing of Claude's to another vendor's model",
    model: MODELS.nova2,
    block: thinking("hm", SIG),
  },
  {
    name: "nothing redacted of Claude's to another vendor's model",
    model: MODELS.nova2,
    block: { type: "redacted_thinking", data: "EmwKAhg" },
  },
  {
    name: "another vendor's own signed thinking",
    model: MODELS.nova2,
    block: thinking("hm", sealed(MODELS.nova, { sig: "nova" }, "hm")),
    want: signed("hm", "nova"),
  },
  {
    name: "another vendor's own redacted thinking",
    model: MODELS.nova2,
    block: { type: "redacted_thinking", data: sealed(MODELS.nova2, { data: "AAEC" }) },
    want: { reasoningContent: { redactedContent: "AAEC" } },
  },
  {
    name: "no thinking of one vendor to another",
    block: thinking("hm", sealed(MODELS.nova2, { sig: "nova" }, "hm")),
  },
  {
    name: "no thinking that the client changed",
    model: MODELS.nova2,
    block: thinking("oh", sealed(MODELS.nova2, { sig: "nova" }, "hm")),
  },
];

for (const { name, block, model, want } of REASONING) {
  Deno.test(`translateRequest() gives back ${name}`, () => {
    const messages = [user("a"), assistant([block, text("b")]), user("c")];
    const call = converseCall({ ...(model ? { model } : {}), request: { messages } });
    const said = want === undefined ? [{ text: "b" }] : [want, { text: "b" }];
    assertEquals<unknown>(messagesOf(call)[1]?.content, said);
    assertEquals(call.lost, []);
  });
}

Deno.test("translateRequest() begins with reasoning, and keeps Claude's own order", () => {
  const late = assistant([text("b"), thinking("hm", SIG), use("t1")]);
  const own = assistant([thinking("1", SIG), text("b"), thinking("2", SIG), use("t1")]);
  const kinds = (message: unknown) => {
    const messages = [user("a"), message, user([result("t1")])];
    const content = messagesOf(converseCall({ request: { messages } }))[1]?.content as object[];
    return content.map((block) => Object.keys(block)[0]);
  };
  assertEquals(kinds(late), ["reasoningContent", "text", "toolUse"]);
  assertEquals(kinds(own), ["reasoningContent", "text", "reasoningContent", "toolUse"]);
});

Deno.test("translateRequest() keeps Claude Code's billing header for Claude alone", () => {
  const billing = "x-anthropic-billing-header: cc_version=1;";
  const request = { system: [text(billing), text("Be brief.")] };
  assertEquals(converseCall({ request }).body.system, [{ text: billing }, { text: "Be brief." }]);
  const { body } = converseCall({ model: MODELS.nova, request });
  assertEquals(body.system, [{ text: "Be brief." }]);
  assertEquals(converseCall({ request: { system: "" } }).body.system, undefined);
  assertEquals(converseCall({ request: { system: "Hi" } }).body.system, [{ text: "Hi" }]);
});
