import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { StreamTracker } from "../../src/anthropic/stream_tracker.ts";
import { SseDecoder } from "../../src/framing/sse.ts";

const START = event("message_start", {
  message: {
    id: "msg_1",
    usage: { input_tokens: 7, cache_read_input_tokens: 5, output_tokens: 1 },
  },
});
const BLOCK_START = event("content_block_start", { index: 0, content_block: { type: "text" } });
const DELTA = event("content_block_delta", {
  index: 0,
  delta: { type: "text_delta", text: "ä→😀" },
});
const BLOCK_STOP = event("content_block_stop", { index: 0 });
const MESSAGE_DELTA = event("message_delta", {
  delta: { stop_reason: "end_turn" },
  usage: { output_tokens: 42, input_tokens: null },
});
const STOP = event("message_stop", {});
const ERROR = event("error", { error: { type: "overloaded_error", message: "Overloaded" } });
const PING = event("ping", {});
const COMMENT = ": keep-alive\n\n";

const WHOLE = START + PING + BLOCK_START + COMMENT + DELTA + DELTA + BLOCK_STOP + MESSAGE_DELTA +
  STOP;

function event(type: string, rest: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
}

/** Pushes the bytes of the text in pieces of the given sizes, over and over. */
function track(text: string, sizes: readonly number[] = [text.length]): StreamTracker {
  const tracker = new StreamTracker();
  const bytes = new TextEncoder().encode(text);
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    tracker.push(bytes.slice(at, at + size));
    at += size;
  }
  return tracker;
}

function state(tracker: StreamTracker): Record<string, unknown> {
  const { started, finished, failed, atBoundary, usage } = tracker;
  return { started, finished, failed, atBoundary, usage };
}

const USAGE = { inputTokens: 7, outputTokens: 42, cacheReadTokens: 5, cacheCreationTokens: 0 };
const NOTHING = {
  started: false,
  finished: false,
  failed: false,
  atBoundary: true,
  usage: undefined,
};

const CASES: { name: string; text: string; want: Record<string, unknown> }[] = [
  { name: "nothing", text: "", want: NOTHING },
  {
    name: "a whole stream",
    text: WHOLE,
    want: { ...NOTHING, started: true, finished: true, usage: USAGE },
  },
  {
    name: "an error in mid-stream",
    text: START + DELTA + ERROR,
    want: { ...NOTHING, started: true, failed: true, usage: { ...USAGE, outputTokens: 1 } },
  },
  {
    name: "an event whose blank line is missing",
    text: STOP.slice(0, -1),
    want: { ...NOTHING, atBoundary: false },
  },
  {
    name: "a line without its end",
    text: "event: message_st",
    want: { ...NOTHING, atBoundary: false },
  },
  { name: "a comment without a blank line", text: ": hello\n", want: NOTHING },
  { name: "half a comment", text: ": hel", want: { ...NOTHING, atBoundary: false } },
  { name: "data without a name", text: 'data: {"type":"message_stop"}\n\n', want: NOTHING },
  { name: "a name without data", text: "event: message_stop\n\n", want: NOTHING },
  {
    name: "a name that only begins alike",
    text: "event: message_stopped\ndata: {}\n\n",
    want: NOTHING,
  },
  {
    name: "fields without a space",
    text: "event:message_stop\ndata:{}\n\n",
    want: { ...NOTHING, finished: true },
  },
  {
    name: "usage that is not JSON",
    text: "event: message_start\ndata: {\n\n",
    want: { ...NOTHING, started: true },
  },
];

const LINE_ENDS = { LF: "\n", CR: "\r", CRLF: "\r\n" };

for (const { name, text, want } of CASES) {
  for (const [ending, lineEnd] of Object.entries(LINE_ENDS)) {
    Deno.test(`StreamTracker reads ${name} with ${ending}`, () => {
      const stream = text.replaceAll("\n", lineEnd);
      assertEquals(state(track(stream)), want);
      assertEquals(state(track(stream, [1])), want);
    });
  }
}

Deno.test("StreamTracker reads the same however the bytes are cut", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 });
  const ends = fc.constantFrom(...Object.values(LINE_ENDS));
  fc.assert(fc.property(sizes, ends, (sizes, lineEnd) => {
    const stream = WHOLE.replaceAll("\n", lineEnd);
    assertEquals(state(track(stream, sizes)), state(track(stream)));
  }));
});

Deno.test("StreamTracker reads large pieces as it reads single bytes", () => {
  const plain = DELTA.replace("ä→😀", "plain");
  const quoting = DELTA.replace("ä→😀", "event: message_stop, an error");
  const events = fc.array(
    fc.constantFrom(plain, plain, plain, DELTA, quoting, PING, COMMENT, BLOCK_STOP, MESSAGE_DELTA),
    { minLength: 1, maxLength: 60 },
  );
  const sizes = fc.array(fc.integer({ min: 900, max: 6000 }), { minLength: 1, maxLength: 4 });
  const last = fc.constantFrom("", STOP, ERROR, STOP.slice(0, -1), "event: message_st");
  const ends = fc.constantFrom("\n", "\n", "\r\n");
  fc.assert(fc.property(events, sizes, last, ends, (events, sizes, last, lineEnd) => {
    const stream = (START + events.join("") + last).replaceAll("\n", lineEnd);
    assertEquals(state(track(stream, sizes)), state(track(stream, [1])));
  }));
});

/** The events that a client reads, as `name data`. */
function readEvents(text: string): string[] {
  const events: string[] = [];
  const decoder = new SseDecoder((data, name) => events.push(`${name} ${data}`));
  decoder.push(text);
  return events;
}

for (const [ending, lineEnd] of Object.entries(LINE_ENDS)) {
  Deno.test(`StreamTracker is at a boundary only where a ping does no harm, with ${ending}`, () => {
    const stream = WHOLE.replaceAll("ä→😀", "x").replaceAll("\n", lineEnd);
    const want = readEvents(stream);
    const tracker = new StreamTracker();
    let boundaries = 0;
    for (let at = 0; at < stream.length; at++) {
      if (tracker.atBoundary) {
        boundaries++;
        const events = readEvents(stream.slice(0, at) + PING + stream.slice(at));
        const ping = events.findIndex((event, index) => event !== want[index]);
        assertEquals(events.toSpliced(ping < 0 ? want.length : ping, 1), want);
      }
      tracker.push(new TextEncoder().encode(stream.charAt(at)));
    }
    assertEquals(boundaries >= want.length, true);
  });
}

const ENDS: { name: string; text: string; events: number; finished: boolean }[] = [
  { name: "nothing at a boundary", text: START + DELTA, events: 2, finished: false },
  {
    name: "the blank line of a last event",
    text: START + STOP.slice(0, -1),
    events: 2,
    finished: true,
  },
  {
    name: "the line end of a last event",
    text: START + STOP.slice(0, -2),
    events: 2,
    finished: true,
  },
  {
    name: "a name that disowns torn data",
    text: START + DELTA.slice(0, 60),
    events: 2,
    finished: false,
  },
  {
    name: "a name that disowns a torn end",
    text: START + STOP.slice(0, -5),
    events: 2,
    finished: false,
  },
  {
    name: "a line end behind a torn name",
    text: START + DELTA.slice(0, 10),
    events: 1,
    finished: false,
  },
];

for (const { name, text, events, finished } of ENDS) {
  Deno.test(`StreamTracker.end() returns ${name}`, () => {
    const tracker = track(text, [7]);
    const read = readEvents(text + tracker.end() + ERROR);
    assertEquals(tracker.finished, finished);
    assertEquals(tracker.atBoundary, true);
    assertEquals(read.length, events + 1);
    assertEquals(read.at(-1)?.startsWith("error "), true);
    assertEquals(
      read.slice(1, -1).every((event) => /^(ping|content|message_stop)/.test(event)),
      true,
    );
  });
}
