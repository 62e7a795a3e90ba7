import { assertEquals } from "@std/assert";
import {
  added,
  args,
  argsDone,
  call,
  completed,
  done,
  type Event,
  message,
  play,
  playFolded,
  reasoning,
  shorten,
  summary,
  text,
} from "./events.ts";

const OSLO = '{"city":"Oslo"}';
const CALL = 'call call_a get_weather {"city":"Oslo"}';

/** What a stream becomes: its blocks in short, and why it stopped. */
interface Case {
  readonly name: string;
  readonly events: readonly Event[];
  readonly want: readonly string[];
  readonly stop?: string;
}

const CASES: readonly Case[] = [
  {
    name: "writes text as it comes",
    events: [added(0, message("")), text(0, "He"), text(0, "llo"), done(0, message("Hello"))],
    want: ["text Hello"],
  },
  {
    name: "writes text that came without deltas, once",
    events: [
      added(0, message("")),
      { type: "response.output_text.done", output_index: 0, content_index: 0, text: "Hello" },
      {
        type: "response.content_part.done",
        output_index: 0,
        content_index: 0,
        part: { type: "output_text", text: "Hello" },
      },
      done(0, message("Hello")),
    ],
    want: ["text Hello"],
  },
  {
    name: "writes the rest where deltas were lost",
    events: [text(0, "He"), done(0, message("Hello"))],
    want: ["text Hello"],
  },
  { name: "takes a delta of an item that never began", events: [text(3, "Hi")], want: ["text Hi"] },
  {
    name: "takes a delta without an index",
    events: [{ type: "response.output_text.delta", delta: "Hi" }],
    want: ["text Hi"],
  },
  {
    name: "goes by the item's id where there is no index",
    events: [
      { type: "response.output_item.added", item: call("a", "") },
      { type: "response.output_item.added", item: call("b", "") },
      { type: "response.function_call_arguments.delta", item_id: "fc_b", delta: "{}" },
      { type: "response.function_call_arguments.delta", item_id: "fc_a", delta: OSLO },
      { type: "response.output_item.done", item: call("a", OSLO) },
      { type: "response.output_item.done", item: call("b", "{}") },
    ],
    want: [CALL, "call call_b get_weather {}"],
    stop: "tool_use",
  },
  {
    name: "goes by the index where ids change from event to event",
    events: [
      added(0, call("a", "", { id: "x1" })),
      { ...args(0, '{"city":'), item_id: "x2" },
      { ...args(0, '"Oslo"}'), item_id: "x3" },
      { ...argsDone(0, OSLO), item_id: "x4" },
      done(0, call("a", OSLO, { id: "x5" })),
    ],
    want: [CALL],
    stop: "tool_use",
  },
  {
    name: "takes a call whose beginning is left out",
    events: [args(0, OSLO), done(0, call("a", OSLO))],
    want: [CALL],
    stop: "tool_use",
  },
  {
    name: "takes a call that only ends",
    events: [done(0, call("a", OSLO))],
    want: [CALL],
    stop: "tool_use",
  },
  {
    name: "takes a call that is whole at its beginning",
    events: [added(0, call("a", OSLO)), done(0, call("a", OSLO))],
    want: [CALL],
    stop: "tool_use",
  },
  {
    name: "takes a call without arguments",
    events: [added(0, call("a", "")), argsDone(0, ""), done(0, call("a", ""))],
    want: ["call call_a get_weather {}"],
    stop: "tool_use",
  },
  {
    name: "adds what the whole arguments have beyond the deltas",
    events: [added(0, call("a", "")), args(0, '{"city":'), argsDone(0, OSLO)],
    want: [CALL],
    stop: "tool_use",
  },
  {
    name: "keeps the deltas where the whole arguments differ",
    events: [added(0, call("a", "")), args(0, OSLO), argsDone(0, '{"city":"Rome"}')],
    want: [CALL],
    stop: "tool_use",
  },
  {
    name: "puts interleaved calls in order",
    events: [
      added(0, call("a", "")),
      added(1, call("b", "")),
      args(0, '{"city":'),
      args(1, "{}"),
      done(1, call("b", "{}")),
      args(0, '"Oslo"}'),
      done(0, call("a", OSLO)),
    ],
    want: [CALL, "call call_b get_weather {}"],
    stop: "tool_use",
  },
  {
    name: "lets text that comes during a call wait",
    events: [
      added(0, call("a", "")),
      args(0, '{"city":'),
      text(1, "Meanwhile"),
      args(0, '"Oslo"}'),
      done(0, call("a", OSLO)),
    ],
    want: [CALL, "text Meanwhile"],
    stop: "tool_use",
  },
  {
    name: "tells calls apart that share an index",
    events: [
      added(0, call("a", "")),
      args(0, OSLO),
      done(0, call("a", OSLO)),
      added(0, call("b", "")),
      args(0, "{}"),
      done(0, call("b", "{}")),
    ],
    want: [CALL, "call call_b get_weather {}"],
    stop: "tool_use",
  },
  {
    name: "expands a wrapper around several calls",
    events: [
      added(0, call("a", "", { name: "multi_tool_use.parallel" })),
      args(0, '{"tool_uses":[{"recipient_name":"functions.x","parameters":{"n":1}},'),
      args(0, '{"recipient_name":"functions.y","parameters":{}}]}'),
      done(0, { ...call("a", ""), name: "multi_tool_use.parallel" }),
    ],
    want: ['call ? x {"n":1}', "call ? y {}"],
    stop: "tool_use",
  },
  {
    name: "wraps the input of a custom tool",
    events: [
      added(0, { type: "custom_tool_call", call_id: "call_c", name: "patch", input: "" }),
      { type: "response.custom_tool_call_input.delta", output_index: 0, delta: "*** Be" },
      { type: "response.custom_tool_call_input.delta", output_index: 0, delta: "gin" },
      { type: "response.custom_tool_call_input.done", output_index: 0, input: "*** Begin" },
      done(0, { type: "custom_tool_call", call_id: "call_c", name: "patch", input: "*** Begin" }),
    ],
    want: ["redacted", 'call call_c patch {"input":"*** Begin"}'],
    stop: "tool_use",
  },
  {
    name: "shows a summary of several parts",
    events: [
      added(0, reasoning([])),
      { type: "response.reasoning_summary_part.added", output_index: 0, summary_index: 0 },
      summary(0, "One"),
      { type: "response.reasoning_summary_part.added", output_index: 0, summary_index: 1 },
      summary(0, "Two", 1),
      done(0, reasoning(["One", "Two"], "E")),
      text(1, "Hi"),
    ],
    want: ["thinking One\n\nTwo", "text Hi"],
  },
  {
    name: "shows a summary that came without deltas",
    events: [done(0, reasoning(["One", "Two"], "E")), text(1, "Hi")],
    want: ["thinking One\n\nTwo", "text Hi"],
  },
  {
    name: "shows raw reasoning where there is no summary",
    events: [
      { type: "response.reasoning_text.delta", output_index: 0, content_index: 0, delta: "Hm" },
      { type: "response.reasoning_text.done", output_index: 0, content_index: 0, text: "Hmm" },
      text(1, "Hi"),
    ],
    want: ["thinking Hmm", "text Hi"],
  },
  {
    name: "shows either raw reasoning or its summary",
    events: [
      summary(0, "Sum"),
      { type: "response.reasoning_text.delta", output_index: 0, content_index: 0, delta: "Raw" },
      done(0, { ...reasoning(["Sum"], "E"), content: [{ type: "reasoning_text", text: "Raw" }] }),
      text(1, "Hi"),
    ],
    want: ["thinking Sum", "text Hi"],
  },
  {
    name: "hides what has no text",
    events: [added(0, reasoning([])), done(0, reasoning([], "E")), text(1, "Hi")],
    want: ["redacted", "text Hi"],
  },
  {
    name: "leaves no trace of reasoning without text and state",
    events: [added(0, reasoning([])), done(0, reasoning([])), text(1, "Hi")],
    want: ["text Hi"],
  },
  {
    name: "puts state that comes late behind the message",
    events: [
      summary(0, "Sum"),
      added(1, message("")),
      text(1, "Hi"),
      done(1, message("Hi")),
      done(0, reasoning(["Sum"], "E")),
    ],
    want: ["thinking Sum", "text Hi", "redacted"],
  },
  {
    name: "does not cut text for state that comes late",
    events: [
      added(0, reasoning([])),
      text(1, "He"),
      done(0, reasoning([], "E")),
      text(1, "llo"),
    ],
    want: ["text Hello", "redacted"],
  },
  {
    name: "keeps messages apart",
    events: [
      added(0, message("", { phase: "commentary" })),
      text(0, "One"),
      done(0, message("One", { phase: "commentary" })),
      added(1, message("", { phase: "final_answer" })),
      text(1, "Two"),
    ],
    want: ["text One", "redacted", "text Two", "redacted"],
  },
  {
    name: "ends a refusal as one",
    events: [
      { type: "response.refusal.delta", output_index: 0, content_index: 0, delta: "I can" },
      { type: "response.refusal.delta", output_index: 0, content_index: 0, delta: "not" },
      { type: "response.refusal.done", output_index: 0, content_index: 0, refusal: "I cannot" },
    ],
    want: ["text I cannot"],
    stop: "refusal",
  },
  {
    name: "skips what it does not know",
    events: [
      { type: "response.new_thing.delta", output_index: 0, delta: "?" },
      added(0, { type: "image_generation_call", id: "ig_1" }),
      done(0, { type: "image_generation_call", id: "ig_1", result: "AAAA" }),
      { type: "response.output_item.added", output_index: 1, item: null },
      { type: "response.steer.done" },
      text(2, "Hi"),
    ],
    want: ["text Hi"],
  },
  { name: "answers nothing where there is nothing", events: [], want: [] },
];

for (const { name, events, want, stop = "end_turn" } of CASES) {
  Deno.test(`ResponsesStream ${name}`, () => {
    const all = [{ type: "response.created", response: { id: "resp_1" } }, ...events, completed()];
    const { message } = play(all);
    const blocks = (short: readonly string[]) =>
      short.map((line) => line.replace(/call toolu_\w+/, "call ?"));
    assertEquals(blocks(shorten(message)), want);
    assertEquals(message.stop_reason, stop);
    assertEquals(blocks(shorten(playFolded(all))), want);
  });
}
