import { assert, assertEquals } from "@std/assert";
import {
  added,
  args,
  argsDone,
  call,
  completed,
  done,
  type Event,
  incomplete,
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

const ENDS: readonly Case[] = [
  {
    name: "adds items that only the whole answer has",
    events: [text(0, "Hi"), completed([message("Hi"), call("a", OSLO)])],
    want: ["text Hi", CALL],
    stop: "tool_use",
  },
  {
    name: "adds nothing twice where the whole answer has other ids and another order",
    events: [
      added(0, reasoning([])),
      done(1, message("Hi", { id: "msg_x" })),
      done(0, reasoning([], "E")),
      completed([reasoning([], "E"), message("Hi", { id: "msg_y" })]),
    ],
    want: ["text Hi", "redacted"],
  },
  {
    name: "takes the state that only the whole answer has",
    events: [summary(0, "Sum"), text(1, "Hi"), completed([reasoning(["Sum"], "E"), message("Hi")])],
    want: ["thinking Sum", "text Hi", "redacted"],
  },
  {
    name: "stops at the output limit",
    events: [text(0, "Hi"), incomplete("max_output_tokens")],
    want: ["text Hi"],
    stop: "max_tokens",
  },
  {
    name: "does not run a call that the output limit cut",
    events: [added(0, call("a", "")), args(0, '{"city":"Os'), incomplete("max_output_tokens")],
    want: ["call call_a get_weather {}"],
    stop: "max_tokens",
  },
  {
    name: "does not run a call that was cut for an unknown reason",
    events: [
      added(0, call("a", "")),
      args(0, '{"city":"Os'),
      done(0, call("a", '{"city":"Os', { status: "incomplete" })),
      incomplete("steered"),
    ],
    want: ["call call_a get_weather {}"],
    stop: "max_tokens",
  },
  {
    name: "runs whole calls of an answer that is incomplete for an unknown reason",
    events: [done(0, call("a", OSLO)), incomplete(null)],
    want: [CALL],
    stop: "tool_use",
  },
  {
    name: "refuses where a filter cut the answer",
    events: [text(0, "Hi"), incomplete("content_filter")],
    want: ["text Hi"],
    stop: "refusal",
  },
  {
    name: "takes [DONE] for an end",
    events: [text(0, "Hi"), "[DONE]"],
    want: ["text Hi"],
  },
  {
    name: "takes the whole response as its only event",
    events: [{ object: "response", status: "completed", output: [message("Hi")] }],
    want: ["text Hi"],
  },
  {
    name: "ignores what follows the end",
    events: [text(0, "Hi"), completed(), text(0, "Ho"), { type: "error", message: "late" }],
    want: ["text Hi"],
  },
];

for (const { name, events, want, stop = "end_turn" } of ENDS) {
  Deno.test(`ResponsesStream ${name}`, () => {
    const { message } = play(events);
    assertEquals(shorten(message), want);
    assertEquals(message.stop_reason, stop);
  });
}

const QUOTA = { type: "insufficient_quota", code: "insufficient_quota", message: "No money" };
const FAILURES: readonly { readonly name: string; readonly event: Event; readonly want: string }[] =
  [
    { name: "a nested error", event: { type: "error", error: QUOTA }, want: "billing_error" },
    {
      name: "a flat error",
      event: { type: "error", code: "rate_limit_exceeded", message: "Slow down", param: null },
      want: "rate_limit_error",
    },
    {
      name: "a failed response",
      event: {
        type: "response.failed",
        response: { status: "failed", error: { code: "server_error", message: "Sorry" } },
      },
      want: "api_error",
    },
    {
      name: "an overflow of the context",
      event: {
        type: "response.failed",
        response: {
          error: {
            code: "context_length_exceeded",
            message: "Your input exceeds the context window of this model.",
          },
        },
      },
      want: "invalid_request_error",
    },
    {
      name: "a cancelled response",
      event: { type: "response.cancelled", response: { status: "cancelled" } },
      want: "api_error",
    },
    { name: "a bare detail", event: { detail: "Unsupported parameter: x" }, want: "api_error" },
  ];

for (const { name, event, want } of FAILURES) {
  Deno.test(`ResponsesStream fails by ${name}, before and behind the first word`, () => {
    const before = play([{ type: "response.created", response: { id: "r" } }, event]);
    assertEquals(before.error, want);
    assert(!before.sse.includes("message_start"));
    const behind = play([text(0, "Hi"), event]);
    assertEquals(behind.error, want);
    assert(behind.sse.includes("Hi") && !behind.sse.includes("message_stop"));
  });
}

const CUTS: readonly { readonly name: string; readonly events: readonly Event[] }[] = [
  { name: "nothing came", events: [] },
  { name: "only the beginning came", events: [{ type: "response.created", response: {} }] },
  { name: "text came and no end", events: [text(0, "Hi")] },
  { name: "all items ended and the response did not", events: [done(0, message("Hi"))] },
  {
    name: "[DONE] came in the middle of a call",
    events: [added(0, call("a", "")), args(0, '{"city":'), "[DONE]"],
  },
  {
    name: "streamed arguments cannot be mended",
    events: [added(0, call("a", "")), args(0, '{"city":]'), completed()],
  },
  { name: "three payloads are no JSON", events: ["<", "<", "<", completed()] },
];

for (const { name, events } of CUTS) {
  Deno.test(`ResponsesStream fails where ${name}`, () => {
    assertEquals(play(events).error, "api_error");
  });
}

Deno.test("ResponsesStream closes arguments that lack their end, and says so", () => {
  const { message, turn } = play([added(0, call("a", "")), args(0, '{"city":"Oslo"'), completed()]);
  assertEquals(shorten(message), [CALL]);
  assertEquals(turn.warnings.length, 1);
});

Deno.test("ResponsesStream repairs arguments where nobody watches them come", () => {
  const events = [done(0, call("a", '{"city":"Oslo",}')), completed()];
  assertEquals(shorten(playFolded(events)), [CALL]);
});

Deno.test("ResponsesStream warns where whole arguments differ from their pieces", () => {
  const { turn } = play([
    added(0, call("a", "")),
    args(0, OSLO),
    argsDone(0, "{}"),
    completed(),
  ]);
  assert(turn.warnings.some((warning) => warning.includes("differ")));
});

const STOPS: readonly { readonly name: string; readonly pieces: readonly string[] }[] = [
  { name: "in one piece", pieces: ["Hello STOP world"] },
  { name: "across two pieces", pieces: ["Hello ST", "OP world"] },
  { name: "letter by letter", pieces: [..."Hello STOP world"] },
];

for (const { name, pieces } of STOPS) {
  Deno.test(`ResponsesStream ends at a stop sequence ${name}`, () => {
    const events = [...pieces.map((piece) => text(0, piece)), text(0, "more")];
    const { message } = play(events, { stops: ["STOP"] });
    assertEquals(shorten(message), ["text Hello "]);
    assertEquals([message.stop_reason, message.stop_sequence], ["stop_sequence", "STOP"]);
  });
}

Deno.test("ResponsesStream ends at a stop sequence of emoji, cut inside a character", () => {
  const { message } = play([text(0, "Bye 👋\ud83d"), text(0, "\ude80 x")], { stops: ["👋🚀"] });
  assertEquals(shorten(message), ["text Bye "]);
  assertEquals(message.stop_sequence, "👋🚀");
});
