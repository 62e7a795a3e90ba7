import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { InvalidRequestError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/json.ts";
import { chatCall, chatMessagesOf } from "../../support/chat_request.ts";
import type { TurnParts } from "../../support/turn.ts";

const MARK = { cache_control: { type: "ephemeral" } };
const OPENROUTER = { baseUrl: "https://openrouter.ai/api/v1", model: "anthropic/claude-x" };
const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown) => ({ role: "assistant", content });
const text = (value: string, more: JsonObject = {}) => ({ type: "text", text: value, ...more });
const use = (id: string, input: unknown = {}) => ({ type: "tool_use", id, name: "find", input });
const result = (id: string, content: unknown = "found") => ({
  type: "tool_result",
  tool_use_id: id,
  content,
});
const sent = (id: string, args = "{}") => ({
  id,
  type: "function",
  function: { name: "find", arguments: args },
});
const tool = (id: string, content: unknown = "found") => ({
  role: "tool",
  tool_call_id: id,
  content,
});
const PLAIN: TurnParts = { quirks: { reasoning_in: "none" } };

const CASES: { name: string; messages: unknown[]; want: unknown[]; parts?: TurnParts }[] = [
  {
    name: "sends one text as a string",
    messages: [user([text("Hi")])],
    want: [user("Hi")],
  },
  {
    name: "keeps several texts of the user as parts",
    messages: [user([text("a"), text("b")])],
    want: [user([text("a"), text("b")])],
  },
  {
    name: "joins texts where the server takes no parts",
    messages: [user([text("a"), text("b")])],
    want: [user("a\n\nb")],
    parts: { quirks: { content_parts: false } },
  },
  {
    // Demands row 17.
    name: "drops empty and blank texts, and messages of nothing else",
    messages: [user("Hi"), assistant([text("")]), user([text("  "), text("there")])],
    want: [user("Hi"), user("there")],
  },
  {
    name: "joins the texts of an assistant, those behind a call too",
    messages: [user("Hi"), assistant([text("a"), use("t1"), text("b")]), user([result("t1")])],
    want: [
      user("Hi"),
      { ...assistant("a\n\nb"), tool_calls: [sent("t1")] },
      tool("t1"),
    ],
    parts: PLAIN,
  },
  {
    name: "sends null for an assistant that only calls",
    messages: [user("Hi"), assistant([use("t1", { q: 1 })]), user([result("t1")])],
    want: [user("Hi"), { ...assistant(null), tool_calls: [sent("t1", '{"q":1}')] }, tool("t1")],
    parts: PLAIN,
  },
  {
    name: "sends an empty text for it where templates fail on null",
    messages: [user("Hi"), assistant([use("t1")]), user([result("t1")])],
    want: [user("Hi"), { ...assistant(""), tool_calls: [sent("t1")] }, tool("t1")],
    parts: { quirks: { ...PLAIN.quirks, assistant_empty_content: "empty" } },
  },
  {
    name: "wraps an input that is no object, and takes a missing one for {}",
    messages: [
      user("Hi"),
      assistant([use("t1", [1]), use("t2", null)]),
      user([result("t1"), result("t2")]),
    ],
    want: [
      user("Hi"),
      { ...assistant(null), tool_calls: [sent("t1", '{"value":[1]}'), sent("t2")] },
      tool("t1"),
      tool("t2"),
    ],
    parts: PLAIN,
  },
  {
    name: "puts results first and in the order of their calls",
    messages: [
      user("Hi"),
      assistant([use("t1"), use("t2")]),
      user([text("So?"), result("t2", "2"), result("t1", "1")]),
    ],
    want: [
      user("Hi"),
      { ...assistant(null), tool_calls: [sent("t1"), sent("t2")] },
      tool("t1", "1"),
      tool("t2", "2"),
      user("So?"),
    ],
    parts: PLAIN,
  },
  {
    name: "answers a call that was interrupted",
    messages: [user("Hi"), assistant([use("t1")]), user("Stop.")],
    want: [
      user("Hi"),
      { ...assistant(null), tool_calls: [sent("t1")] },
      tool("t1", "Error: [no result: the call was interrupted]"),
      user("Stop."),
    ],
    parts: PLAIN,
  },
  {
    name: "tells a result without a call in words",
    messages: [user([result("t9"), text("So?")])],
    want: [user([text("Tool result (t9): found"), text("So?")])],
  },
  {
    // Demands row 2.
    name: "keeps a system message in its place",
    messages: [user("Hi"), assistant("Yes?"), { role: "system", content: "Plan." }, user("Go.")],
    want: [user("Hi"), assistant("Yes?"), { role: "system", content: "Plan." }, user("Go.")],
  },
  {
    name: "sends a system message as the developer's where the profile says so",
    messages: [user("Hi"), { role: "system", content: [text("a"), text("b")] }],
    want: [user("Hi"), { role: "developer", content: "a\n\nb" }],
    parts: { quirks: { mid_system: "developer" } },
  },
  {
    name: "sends a system message as a reminder where templates refuse it",
    messages: [user("Hi"), { role: "system", content: "Plan." }],
    want: [user("Hi"), user("<system-reminder>\nPlan.\n</system-reminder>")],
    parts: { quirks: { mid_system: "user" } },
  },
  {
    name: "never puts a system message between calls and their results",
    messages: [
      user("Hi"),
      assistant([use("t1")]),
      { role: "system", content: "Plan." },
      user([result("t1")]),
    ],
    want: [
      user("Hi"),
      { ...assistant(null), tool_calls: [sent("t1")] },
      tool("t1"),
      { role: "system", content: "Plan." },
    ],
    parts: PLAIN,
  },
  {
    name: "merges neighbours and begins with the user for strict templates",
    messages: [
      assistant("I begin."),
      user("a"),
      user("b"),
      assistant("c"),
      assistant("d"),
      user("e"),
    ],
    want: [
      user("Continue."),
      assistant("I begin."),
      user("a\n\nb"),
      assistant("c\n\nd"),
      user("e"),
    ],
    parts: { quirks: { strict_alternation: true } },
  },
  {
    name: "lets the assistant speak between a tool and the user for strict templates",
    messages: [user("Hi"), assistant([use("t1")]), user([result("t1")]), {
      role: "system",
      content: "P",
    }],
    want: [
      user("Hi"),
      { ...assistant(null), tool_calls: [sent("t1")] },
      tool("t1"),
      assistant("."),
      user("<system-reminder>\nP\n</system-reminder>"),
    ],
    parts: {
      quirks: { ...PLAIN.quirks, strict_alternation: true, mid_system: "user" },
    },
  },
  {
    name: "does not merge across a tool call for strict templates",
    messages: [
      user("Hi"),
      assistant([use("t1")]),
      user([result("t1"), text("So?")]),
      assistant("Done."),
    ],
    want: [
      user("Hi"),
      { ...assistant(null), tool_calls: [sent("t1")] },
      tool("t1"),
      assistant("."),
      user("So?"),
      assistant("Done."),
    ],
    parts: { quirks: { ...PLAIN.quirks, strict_alternation: true } },
  },
  {
    name: "tells what a server tool did in words",
    messages: [
      user("Hi"),
      assistant([
        { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "cats" } },
        {
          type: "web_search_tool_result",
          tool_use_id: "s1",
          content: [{
            type: "web_search_result",
            title: "Cats",
            url: "https://cats.test",
            encrypted_content: "secret",
          }],
        },
        text("Cats!"),
      ]),
      user("More"),
    ],
    want: [
      user("Hi"),
      assistant('[web_search: "cats"]\n\n[web_search result]\nCats https://cats.test\n\nCats!'),
      user("More"),
    ],
  },
  {
    name: "keeps markers in parts where the provider knows them",
    messages: [user([text("a", MARK)]), assistant([text("b", MARK)]), user("c")],
    want: [user([text("a", MARK)]), assistant([text("b", MARK)]), user("c")],
    parts: OPENROUTER,
  },
  {
    name: "keeps the marker of a system message in mid-conversation",
    messages: [user("a"), { role: "system", content: [text("b", MARK)] }],
    want: [user("a"), { role: "system", content: [text("b", MARK)] }],
    parts: OPENROUTER,
  },
];

for (const { name, messages, want, parts } of CASES) {
  Deno.test(`chatMessages() ${name}`, () => {
    assertEquals<unknown>(chatMessagesOf(messages, parts), want);
  });
}

const SYSTEMS: { name: string; system: unknown; want: unknown[]; parts?: TurnParts }[] = [
  { name: "a string", system: "Be brief.", want: [{ role: "system", content: "Be brief." }] },
  { name: "nothing", system: undefined, want: [] },
  { name: "blank blocks", system: [text(" ")], want: [] },
  {
    name: "blocks, joined",
    system: [text("a"), text("b", MARK)],
    want: [{ role: "system", content: "a\n\nb" }],
  },
  {
    name: "blocks with markers, in parts",
    system: [text("a"), text("b", { cache_control: { type: "ephemeral", ttl: "1h" } })],
    want: [{ role: "system", content: [text("a"), text("b", MARK)] }],
    parts: OPENROUTER,
  },
  {
    name: "blocks for a reasoning model, as the developer's",
    system: [text("a")],
    want: [{ role: "developer", content: "a" }],
    parts: { quirks: { system_role: "developer" } },
  },
];

for (const { name, system, want, parts } of SYSTEMS) {
  Deno.test(`chatMessages() leads with the system prompt: ${name}`, () => {
    const { messages } = chatCall({ ...parts, request: { system } });
    assertEquals<unknown>(messages.slice(0, -1), want);
  });
}

Deno.test("chatMessages() strips the billing header, so that the prefix stays the same (demands row 1)", () => {
  const prefix = (cch: string) =>
    JSON.stringify(
      chatCall({
        request: { system: [text(`x-anthropic-billing-header: cch=${cch};`), text("Base.")] },
      }).body,
    );
  assertEquals(prefix("a"), prefix("b"));
  assert(prefix("a").includes("Base.") && !prefix("a").includes("billing"));
});

Deno.test("chatMessages() says that a prefilled answer will not be continued", () => {
  const { lost, messages } = chatCall({
    ...PLAIN,
    request: { messages: [user("Hi"), assistant("Well,")] },
  });
  assertEquals([lost, messages.at(-1)], [["messages.1"], assistant("Well,")]);
});

Deno.test("chatMessages() renames ids that a conversation uses twice, and only those", () => {
  const round = [assistant([use("call_0")]), user([result("call_0")])];
  const ids = chatMessagesOf([user("Hi"), ...round, ...round], PLAIN)
    .filter(({ role }) => role === "tool").map(({ tool_call_id }) => tool_call_id);
  assertEquals(ids[0], "call_0");
  assertNotEquals(ids[1], "call_0");
});

Deno.test("chatMessages() drops a system message of which nothing can be said, and tells", () => {
  const { messages, lost } = chatCall({
    request: {
      messages: [user("Hi"), { role: "system", content: [{ type: "newest" }] }, user("Go.")],
    },
  });
  assertEquals<unknown>(messages, [user("Hi"), user("Go.")]);
  assertEquals(lost, ["messages.1.content.0"]);
});

Deno.test("chatMessages() takes a hundred thousand results in one message", () => {
  const ids = Array.from({ length: 100_000 }, (_, at) => `t${at}`);
  const { messages } = chatCall({
    request: {
      messages: [
        user("Hi"),
        assistant(ids.map((id) => use(id))),
        user(ids.map((id) => result(id, "x"))),
      ],
    },
  });
  assertEquals(messages.length, 100_002);
});

Deno.test("chatMessages() refuses a conversation that says nothing, as Anthropic does", () => {
  const request = { system: "Be brief.", messages: [user(""), assistant([text(" ")])] };
  assertThrows(() => chatCall({ request }), InvalidRequestError, "non-empty");
});
