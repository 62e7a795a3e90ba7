import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import type { Quirks } from "../../../src/profiles/schema.ts";
import { calls, chatAnswer, chunk, finish } from "../../support/chat_answer.ts";
import { readEvents } from "../../support/events.ts";
import { testTurn } from "../../support/turn.ts";

const LONG = "mcp__a_server_with_a_long_name__a_tool_with_a_name_that_is_even_longer_than_that";
const TOOLS = ["get_time", "get_weather", "find", LONG].map((name) => ({
  name,
  input_schema: { type: "object" },
}));

/** One entry of `tool_calls`. */
function entry(fields: {
  index?: number | string;
  id?: string | null;
  name?: string | null;
  args?: unknown;
}): JsonObject {
  const { index, id, name, args } = fields;
  return {
    ...(index === undefined ? {} : { index }),
    ...(id === undefined ? {} : { id, type: "function" }),
    function: {
      ...(name === undefined ? {} : { name }),
      ...(args === undefined ? {} : { arguments: args }),
    },
  };
}

const CASES: {
  name: string;
  chunks: JsonObject[];
  want: string[];
  end?: string;
  quirks?: Quirks;
}[] = [
  {
    // Demands row 15.
    name: "serialises calls whose deltas interleave 0/1/0/1",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "get_time", args: "" })),
      calls(entry({ index: 1, id: "b", name: "get_weather", args: "" })),
      calls(entry({ index: 0, args: '{"x":' })),
      calls(entry({ index: 1, args: '{"y":' })),
      calls(entry({ index: 0, args: "1}" })),
      calls(entry({ index: 1, args: "2}" })),
      finish("tool_calls"),
    ],
    want: ['get_time:{"x":1}', 'get_weather:{"y":2}'],
  },
  {
    name: "serialises calls that interleave in one list",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find" }), entry({ index: 1, id: "b", name: "find" })),
      calls(entry({ index: 1, args: '{"q":2}' }), entry({ index: 0, args: '{"q":1}' })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}', 'find:{"q":2}'],
  },
  {
    name: "takes an index that begins at 1 and has gaps",
    chunks: [
      calls(entry({ index: 1, id: "a", name: "find", args: '{"q":1}' })),
      calls(entry({ index: 5, id: "b", name: "find", args: '{"q":2}' })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}', 'find:{"q":2}'],
  },
  {
    name: "takes an index that is a numeric string",
    chunks: [
      calls(entry({ index: "0", id: "a", name: "find", args: '{"q"' })),
      calls(entry({ index: "0", args: ":1}" })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}'],
  },
  {
    name: "continues the last call where no index comes",
    chunks: [
      calls(entry({ id: "a", name: "find", args: '{"q"' })),
      calls(entry({ args: ":1}" })),
      calls(entry({ id: "b", name: "find", args: '{"q":2}' })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}', 'find:{"q":2}'],
  },
  {
    name: "begins a call without index and id where a name follows complete arguments",
    chunks: [
      calls(entry({ name: "find", args: '{"q":1}' })),
      calls(entry({ name: "get_time", args: "{}" })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}', "get_time:{}"],
  },
  {
    name: "keeps entries of one list apart though they have neither index nor id nor arguments",
    chunks: [
      calls(entry({ name: "get_time" }), entry({ name: "get_weather" })),
      finish("tool_calls"),
    ],
    want: ["get_time:{}", "get_weather:{}"],
  },
  {
    name: "does not repeat an id and a name that come with every delta",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: "" })),
      calls(entry({ index: 0, id: "a", name: "find", args: '{"q"' })),
      calls(entry({ index: 0, id: "a", name: "find", args: ":1}" })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}'],
  },
  {
    name: "does not repeat the name of a tool that nobody declared",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "other" })),
      calls(entry({ index: 0, name: "other" })),
      calls(entry({ index: 0, args: "{}" })),
      finish("tool_calls"),
    ],
    want: ["other:{}"],
  },
  {
    name: "keeps the call where its id comes after its arguments",
    chunks: [
      calls(entry({ index: 0, name: "find", args: '{"q"' })),
      calls(entry({ index: 0, id: "late", args: ":1" })),
      calls(entry({ index: 0, id: "late", args: "}" })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}'],
  },
  {
    name: "ignores blank ids and names of later deltas",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: '{"q"' })),
      calls(entry({ index: 0, id: "", name: "", args: ":1" })),
      calls(entry({ index: 0, id: null, name: null, args: "}" })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}'],
  },
  {
    name: "joins a name that comes in pieces",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "get_" })),
      calls(entry({ index: 0, name: "weather" })),
      calls(entry({ index: 0, args: "{}" })),
      finish("tool_calls"),
    ],
    want: ["get_weather:{}"],
  },
  {
    name: "takes the last piece of a name where it alone is a declared tool",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "functions." })),
      calls(entry({ index: 0, name: "find" })),
      calls(entry({ index: 0, args: "{}" })),
      finish("tool_calls"),
    ],
    want: ["find:{}"],
  },
  {
    name: "takes whole arguments in one delta",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: '{"q":1}' })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}'],
  },
  {
    name: "takes arguments that are an object",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: { q: [1, "ü"] } })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":[1,"ü"]}'],
  },
  {
    name: "takes an object once though it comes twice",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: { q: 1 } })),
      calls(entry({ index: 0, id: "a", name: "find", args: { q: 1 } })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}'],
  },
  {
    name: "decodes arguments that were encoded twice",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: '"{\\"q\\":' })),
      calls(entry({ index: 0, args: '1}"' })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}'],
  },
  {
    name: "writes {} for arguments that are null",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: "null" })),
      calls(entry({ index: 1, id: "b", name: "find", args: null })),
      finish("tool_calls"),
    ],
    want: ["find:{}", "find:{}"],
  },
  {
    name: "emits only what is new of cumulative arguments",
    quirks: { args_cumulative: true },
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: '{"q"' })),
      calls(entry({ index: 0, id: "a", name: "find", args: '{"q":1' })),
      calls(entry({ index: 0, id: "a", name: "find", args: '{"q":1}' })),
      calls(entry({ index: 0, name: "find", args: '{"q":1}' })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}'],
  },
  {
    // Demands row 15.
    name: "defers text and reasoning that come between the deltas of a call",
    chunks: [
      chunk({ content: "First." }),
      calls(entry({ index: 0, id: "a", name: "find", args: '{"q"' })),
      chunk({ content: "" }),
      chunk({ content: "Then" }),
      chunk({ reasoning_content: "hm" }),
      calls(entry({ index: 0, args: ":1}" })),
      chunk({ content: " this." }),
      finish("tool_calls"),
    ],
    want: ["text:First.", 'find:{"q":1}', "text:Then", "thinking:hm", "text: this."],
  },
  {
    name: "takes arguments that come after finish_reason",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find" })),
      finish("tool_calls"),
      calls(entry({ index: 0, args: '{"q":1}' })),
    ],
    want: ['find:{"q":1}'],
  },
  {
    name: "tells two calls with one index apart by their ids",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: '{"q":1}' })),
      calls(entry({ index: 0, id: "b", name: "find", args: '{"q"' })),
      calls(entry({ index: 0, args: ":2}" })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}', 'find:{"q":2}'],
  },
  {
    name: "tells two calls with one index apart by their ids though the first has no arguments",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "get_time" })),
      calls(entry({ index: 0, id: "b", name: "find" })),
      calls(entry({ index: 0, args: '{"q":2}' })),
      finish("tool_calls"),
    ],
    want: ["get_time:{}", 'find:{"q":2}'],
  },
  {
    name: "tells two calls with one index and no id apart by their names",
    chunks: [
      calls(entry({ index: 0, id: "", name: "find", args: '{"q":1}' })),
      calls(entry({ index: 0, id: "", name: "get_time", args: "{}" })),
      finish("stop"),
    ],
    want: ['find:{"q":1}', "get_time:{}"],
  },
  {
    name: "tells two calls with one index, one name and no id apart by their whole arguments",
    chunks: [
      calls(entry({ index: 0, name: "find", args: '{"q":1}' })),
      calls(entry({ index: 0, name: "find", args: '{"q":2}' })),
      finish("stop"),
    ],
    want: ['find:{"q":1}', 'find:{"q":2}'],
  },
  {
    // Demands row 23.
    name: "gives a name that was shortened back to the client as it was",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "@short", args: "{}" })),
      finish("tool_calls"),
    ],
    want: [`${LONG}:{}`],
  },
  {
    name: "expands an undeclared parallel call into the calls inside",
    chunks: [
      calls(entry({ index: 0, id: "p", name: "multi_tool_use.parallel", args: '{"tool_uses":[' })),
      calls(entry({
        index: 0,
        args: '{"recipient_name":"functions.find","parameters":{"q":1}},' +
          '{"recipient_name":"functions.get_time","parameters":{}}]}',
      })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}', "get_time:{}"],
  },
  {
    name: "leaves a parallel call alone that is no wrapper",
    chunks: [
      calls(entry({ index: 0, id: "p", name: "parallel", args: '{"lines":2}' })),
      finish("tool_calls"),
    ],
    want: ['parallel:{"lines":2}'],
  },
  {
    name: "reads the legacy function_call",
    chunks: [
      chunk({ function_call: { name: "find", arguments: '{"q"' } }),
      chunk({ function_call: { arguments: ":1}" } }),
      finish("function_call"),
    ],
    want: ['find:{"q":1}'],
  },
  {
    // Demands row 19.
    name: "writes {} for a call without arguments",
    chunks: [calls(entry({ index: 0, id: "a", name: "get_time", args: "" })), finish("tool_calls")],
    want: ["get_time:{}"],
  },
  {
    name: "drops a call without a name",
    chunks: [calls(entry({ index: 0, id: "a", args: '{"q":1}' })), finish("tool_calls")],
    want: [],
    end: "end_turn",
  },
  {
    name: "ignores entries that are no objects",
    chunks: [chunk({ tool_calls: [null, 1, "x", []] }), chunk({ content: "Hi" }), finish()],
    want: ["text:Hi"],
    end: "end_turn",
  },
  {
    name: "closes a call that the output limit cut as it is",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: '{"q":1,"text":"half of' })),
      finish("length"),
    ],
    want: ['find:{"q":1}'],
    end: "max_tokens",
  },
  {
    name: "adds the ends that are missing though the answer is complete",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: '{"q":[1' })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":[1]}'],
  },
  {
    name: "repairs broken arguments where the profile holds them back",
    quirks: { buffer_tool_args: true },
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: '{"q":1,' })),
      calls(entry({ index: 0, args: "}" })),
      finish("tool_calls"),
    ],
    want: ['find:{"q":1}'],
  },
  {
    name: "keeps arguments that nobody can read under _raw where they are held back",
    quirks: { buffer_tool_args: true },
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: "<q>1</q>" })),
      finish("tool_calls"),
    ],
    want: ['find:{"_raw":"<q>1</q>"}'],
  },
  {
    name: "refuses garbage as arguments rather than stream it on",
    chunks: [
      calls(entry({ index: 0, id: "a", name: "find", args: '{"q":}}}' })),
      finish("tool_calls"),
    ],
    want: ["find:undefined"],
    end: "api_error: The upstream sent tool arguments that are not valid JSON",
  },
  {
    name: "takes cut arguments for an error where nothing says that the answer is complete",
    chunks: [calls(entry({ index: 0, id: "a", name: "find", args: '{"command":"rm -rf /tm' }))],
    want: ["find:{}"],
    end: "api_error: The upstream sent tool arguments that are not valid JSON",
  },
  {
    name: "believes [DONE] without a finish_reason where the arguments are whole",
    chunks: [calls(entry({ index: 0, id: "a", name: "find", args: '{"q":1}' }))],
    want: ['find:{"q":1}'],
  },
];

for (const { name, chunks, want, end = "tool_use", quirks = {} } of CASES) {
  Deno.test(`ToolCalls ${name}`, () => {
    const turn = testTurn({ request: { tools: TOOLS }, quirks });
    turn.toolNames.declare(TOOLS.map((tool) => tool.name));
    const short = turn.toolNames.upstream(LONG);
    const sent = JSON.parse(JSON.stringify(chunks).replace("@short", short)) as JsonObject[];
    const answer = chatAnswer(turn, sent);
    assertEquals([answer.blocks, answer.end], [want, end]);
  });
}

Deno.test("ToolCalls writes arguments as deltas, never into content_block_start (demands row 18)", () => {
  const { sse } = chatAnswer(testTurn(), [
    calls(entry({ index: 0, id: "a", name: "find", args: '{"q":1}' })),
    finish("tool_calls"),
  ]);
  const block = readEvents(sse).find(({ name }) => name === "content_block_start")?.data
    .content_block;
  assertEquals(block, {
    type: "tool_use",
    id: "a",
    name: "find",
    input: {},
    caller: { type: "direct" },
  });
  assert(sse.includes('"delta":{"type":"input_json_delta","partial_json":"{\\"q\\":1}"}'));
});

Deno.test("ToolCalls sends one empty piece for a call without arguments, as the real API does", () => {
  const { sse } = chatAnswer(testTurn(), [
    calls(entry({ index: 0, id: "a", name: "find" })),
    finish("tool_calls"),
  ]);
  assert(sse.includes('"partial_json":""'));
});

Deno.test("ToolCalls makes ids that differ between calls and answers where the upstream sends none", () => {
  const idsOf = (id: string) =>
    chatAnswer(testTurn(), [
      { ...calls(entry({ index: 0, name: "find", args: "{}" })), id },
      { ...calls(entry({ index: 1, name: "find", args: "{}" })), id },
      finish("tool_calls"),
    ]).content.map((block) => String(block.id));
  const ids = [...idsOf("chatcmpl-1"), ...idsOf("chatcmpl-2"), ...idsOf(""), ...idsOf("")];
  assertEquals(new Set(ids).size, ids.length);
  for (const id of ids) assertMatch(id, /^toolu_[0-9A-Za-z]{24}$/);
  assertEquals(idsOf("chatcmpl-1"), ids.slice(0, 2));
  assertNotEquals(idsOf(""), idsOf(""));
});

Deno.test("ToolCalls streams the first call while it is still incomplete", () => {
  const { sse } = chatAnswer(
    testTurn(),
    [calls(entry({ index: 0, id: "a", name: "find", args: '{"q":"' })), chunk({})],
    { done: false },
  );
  assert(sse.includes('"partial_json":"{\\"q\\":\\""'));
});
