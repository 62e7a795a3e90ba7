import { assertEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import { translateRequest } from "../../../src/translators/codex_responses/request.ts";
import type { TurnParts } from "../../support/turn.ts";
import {
  added,
  call,
  completed,
  done,
  type Event,
  message,
  play,
  reasoning,
  responsesTurn,
  summary,
  text,
} from "./events.ts";

const HERE: TurnParts = { baseUrl: "https://api.openai.com/v1", model: "gpt-5.4" };
const SEARCH = { tools: [{ type: "web_search_20250305", name: "web_search" }] };

/** The items that an answer becomes in the next request, without the questions around it. */
function replayed(events: readonly Event[], target: TurnParts = HERE): JsonObject[] {
  const first = play([...events, completed()], { ...HERE, request: SEARCH });
  const { content } = first.message;
  const turn = responsesTurn({
    ...target,
    request: {
      ...SEARCH,
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content },
        { role: "user", content: "Go on" },
      ],
    },
  });
  const items = translateRequest(turn).body.input as JsonObject[];
  return items.filter(({ role, type }) =>
    role !== "user" && role !== "system" && !String(type).endsWith("_output")
  );
}

function said(words: string, phase?: string): JsonObject {
  const content = [{ type: "output_text", text: words }];
  return { type: "message", role: "assistant", content, ...(phase ? { phase } : {}) };
}

function thought(state: string, parts: readonly string[] = []): JsonObject {
  const texts = parts.map((part) => ({ type: "summary_text", text: part }));
  return { type: "reasoning", summary: texts, encrypted_content: state };
}

const CALLED = {
  type: "function_call",
  call_id: "call_a",
  name: "get_weather",
  arguments: '{"city":"Oslo"}',
};

const PAGE = { type: "url", url: "https://a.b" };

function searched(id: string, action: JsonObject): JsonObject {
  return { type: "web_search_call", id, status: "completed", action };
}

const CASES: readonly {
  readonly name: string;
  readonly events: readonly Event[];
  readonly want: readonly JsonObject[];
}[] = [
  {
    name: "restores reasoning with the parts of its summary",
    events: [
      done(0, reasoning(["One\n\nhalf", "Two"], "E")),
      done(1, call("a", '{"city":"Oslo"}')),
    ],
    want: [thought("E", ["One\n\nhalf", "Two"]), CALLED],
  },
  {
    name: "restores reasoning without a summary",
    events: [done(0, reasoning([], "E")), done(1, message("Hi"))],
    want: [thought("E"), said("Hi", "final_answer")],
  },
  {
    name: "does not take raw reasoning for a summary",
    events: [
      { type: "response.reasoning_text.delta", output_index: 0, content_index: 0, delta: "Raw" },
      done(0, reasoning([], "E")),
      done(1, message("Hi")),
    ],
    want: [thought("E"), said("Hi", "final_answer")],
  },
  {
    name: "puts every piece of reasoning before its own item",
    events: [
      done(0, reasoning([], "E1")),
      done(1, message("First")),
      done(2, reasoning(["S"], "E2")),
      done(3, call("a", '{"city":"Oslo"}')),
    ],
    want: [thought("E1"), said("First", "commentary"), thought("E2", ["S"]), CALLED],
  },
  {
    name: "puts reasoning that ended late back to its place",
    events: [
      summary(0, "Sum"),
      added(1, message("")),
      text(1, "Hi"),
      done(1, message("Hi")),
      done(0, reasoning(["Sum"], "E")),
    ],
    want: [thought("E", ["Sum"]), said("Hi", "final_answer")],
  },
  {
    name: "puts reasoning of which nothing came in time back to its place",
    events: [
      done(0, message("One")),
      added(1, reasoning([])),
      done(2, message("Two")),
      done(1, reasoning(["Sum"], "E")),
    ],
    want: [said("One", "commentary"), thought("E", ["Sum"]), said("Two", "final_answer")],
  },
  {
    name: "leaves out reasoning whose page was opened without a trace",
    events: [
      done(0, reasoning([], "E1")),
      done(1, searched("ws_1", { type: "open_page", url: "https://a.b" })),
      done(2, reasoning([], "E2")),
      done(3, message("Hi")),
    ],
    want: [thought("E2"), said("Hi", "final_answer")],
  },
  {
    name: "restores a search behind its reasoning",
    events: [
      done(0, reasoning([], "E1")),
      done(1, searched("ws_1", { type: "search", query: "q", sources: [PAGE] })),
      done(2, message("Hi")),
    ],
    want: [
      thought("E1"),
      { type: "web_search_call", status: "completed", action: { type: "search", query: "q" } },
      said("Hi", "final_answer"),
    ],
  },
  {
    name: "tells a search without reasoning in words",
    events: [
      done(0, searched("ws_1", { type: "search", query: "q", sources: [PAGE] })),
      done(1, message("Hi")),
    ],
    want: [
      said('[web_search: "q"]', "commentary"),
      said("[web_search result]\nhttps://a.b https://a.b", "commentary"),
      said("Hi", "final_answer"),
    ],
  },
  {
    name: "keeps the phase that the reasoning before it carries",
    events: [
      done(0, reasoning([], "E")),
      done(1, message("One", { phase: "final_answer" })),
      done(2, call("a", '{"city":"Oslo"}')),
    ],
    want: [thought("E"), said("One", "final_answer"), CALLED],
  },
  {
    name: "keeps a phase that nobody would guess",
    events: [
      done(0, message("One", { phase: "final_answer" })),
      done(1, message("Two", { phase: "commentary" })),
    ],
    want: [said("One", "final_answer"), said("Two", "commentary")],
  },
  {
    name: "restores the call of a custom tool",
    events: [
      done(0, { type: "custom_tool_call", call_id: "call_c", name: "patch", input: "*** x" }),
    ],
    want: [{ type: "custom_tool_call", call_id: "call_c", name: "patch", input: "*** x" }],
  },
];

for (const { name, events, want } of CASES) {
  Deno.test(`AnswerItems ${name}`, () => {
    assertEquals(replayed(events), want);
  });
}

Deno.test("AnswerItems keeps no state at another provider, and guesses phases only where they are known", () => {
  const events = [
    done(0, reasoning(["S"], "E")),
    done(1, message("One", { phase: "final_answer" })),
  ];
  assertEquals(replayed(events, { baseUrl: "https://api.x.ai/v1", model: "grok-4" }), [
    said("One"),
  ]);
});

Deno.test("AnswerItems answers a custom call by an output of its own type", () => {
  const { message } = play([
    done(0, { type: "custom_tool_call", call_id: "call_c", name: "patch", input: "x" }),
    completed(),
  ], HERE);
  const result = { type: "tool_result", tool_use_id: "call_c", content: "ok" };
  const turn = responsesTurn({
    ...HERE,
    request: {
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: message.content },
        { role: "user", content: [result] },
      ],
    },
  });
  const items = translateRequest(turn).body.input as JsonObject[];
  assertEquals(items.at(-1), {
    type: "custom_tool_call_output",
    call_id: "call_c",
    output: "ok",
  });
});
