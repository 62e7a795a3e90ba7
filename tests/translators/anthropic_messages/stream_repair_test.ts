import Anthropic from "@anthropic-ai/sdk";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { UpstreamProtocolError } from "../../../src/errors.ts";
import { SseDecoder } from "../../../src/framing/sse.ts";
import { StreamRepair } from "../../../src/translators/anthropic_messages/stream_repair.ts";
import {
  blocks,
  close,
  END,
  input,
  type Json,
  letters,
  open,
  sign,
  START,
  STOP,
  TEXT,
  text,
  THINKING,
  thought,
  tool,
} from "./relay_events.ts";
import { rawBody, relayTurn } from "./relay_turn.ts";

const REQUEST = rawBody(
  '{"model":"asked","messages":[{"role":"user","content":"a"}],"max_tokens":9}',
);

/** Server-Sent Events with their names. */
function named(events: readonly Json[]): string {
  return events.map((one) => `event: ${one.type}\ndata: ${JSON.stringify(one)}\n\n`).join("");
}

/** Server-Sent Events that only have data. */
function nameless(events: readonly Json[]): string {
  return events.map((one) => `data: ${JSON.stringify(one)}\n\n`).join("");
}

function ndjson(events: readonly Json[]): string {
  return events.map((one) => JSON.stringify(one) + "\n").join("");
}

function repair(stream: string, cuts: readonly number[] = [stream.length]): string {
  const machine = new StreamRepair(relayTurn(REQUEST));
  let out = "";
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = cuts[turn % cuts.length] ?? 1;
    out += machine.push(stream.slice(at, at + size));
    at += size;
  }
  return out + machine.end();
}

function readEvents(stream: string): Json[] {
  const events: Json[] = [];
  const frames = new SseDecoder((data, name) => {
    const event = JSON.parse(data);
    assertEquals(event.type, name);
    events.push(event);
  });
  frames.push(stream);
  frames.end();
  return events;
}

/** What the official SDK makes of a stream. */
async function readBySdk(stream: string): Promise<Anthropic.Message> {
  const client = new Anthropic({
    apiKey: "none",
    maxRetries: 0,
    fetch: () =>
      Promise.resolve(new Response(stream, { headers: { "content-type": "text/event-stream" } })),
  });
  const messages = [{ role: "user" as const, content: "a" }];
  return await client.messages.stream({ model: "m", max_tokens: 9, messages }).finalMessage();
}

const CLEAN = [START, open(0, TEXT), text(0, "a"), text(0, "b"), close(0), END, STOP];

const CASES: { name: string; stream: string; want: string[] }[] = [
  { name: "a clean stream", stream: named(CLEAN), want: ["text:ab"] },
  { name: "events without names", stream: nameless(CLEAN), want: ["text:ab"] },
  { name: "bare JSON lines", stream: ndjson(CLEAN), want: ["text:ab"] },
  { name: "CRLF", stream: named(CLEAN).replaceAll("\n", "\r\n"), want: ["text:ab"] },
  {
    name: "padded data and comments",
    stream: ": hi\n\n" + nameless(CLEAN).replaceAll("}\n", "}   \n"),
    want: ["text:ab"],
  },
  { name: "no message_start", stream: named(CLEAN.slice(1)), want: ["text:ab"] },
  { name: "two of message_start", stream: named([START, ...CLEAN]), want: ["text:ab"] },
  { name: "two of message_stop", stream: named([...CLEAN, STOP, ...CLEAN]), want: ["text:ab"] },
  { name: "no message_stop", stream: named(CLEAN.slice(0, -1)), want: ["text:ab"] },
  {
    name: "an end mark",
    stream: named(CLEAN.slice(0, -1)) + "data: [DONE]\n\n",
    want: ["text:ab"],
  },
  {
    name: "two of message_delta",
    stream: named([
      ...CLEAN.slice(0, -2),
      { ...END, usage: null },
      { type: "message_delta", delta: { stop_reason: null }, usage: { output_tokens: 9 } },
      STOP,
    ]),
    want: ["text:ab"],
  },
  {
    name: "a whole message",
    stream: JSON.stringify(
      {
        ...START.message as Json,
        content: [
          { ...THINKING, thinking: "t", signature: "s" },
          { type: "text", text: "a" },
          tool("f", { x: 1 }),
        ],
        stop_reason: "end_turn",
        usage: { input_tokens: 5, output_tokens: 9 },
      },
      null,
      2,
    ),
    want: ["thinking:ts", "text:a", 'f:{"x":1}'],
  },
];

for (const { name, stream, want } of CASES) {
  Deno.test(`StreamRepair mends ${name}`, async () => {
    const out = repair(stream);
    const events = readEvents(out);
    assertMatch(letters(events), /^M(\[\.*\])*m\$$/);
    const starts = events.filter(({ type }) => type === "content_block_start");
    assertEquals(starts.map(({ index }) => index), starts.map((_, index) => index));
    assertEquals(blocks(events), want);
    assertEquals(readEvents(repair(stream, [1])).slice(1), events.slice(1));
    const message = await readBySdk(out);
    assertEquals(message.content.length, want.length);
    assertEquals([message.stop_reason, message.usage.output_tokens], ["end_turn", 9]);
  });
}

Deno.test("StreamRepair leaves the events of a clean stream as they are", () => {
  const clean = [
    START,
    { type: "ping" },
    open(0, THINKING),
    thought(0, "a"),
    sign(0, "s"),
    close(0),
    open(1, { ...TEXT, citations: null }),
    text(1, "b"),
    close(1),
    open(2, { ...tool("f"), caller: { type: "direct" } }),
    input(2, ""),
    input(2, "{}"),
    close(2),
    { ...END, context_management: { applied_edits: [] } },
    STOP,
  ];
  const events = readEvents(repair(named(clean)));
  // An empty piece of arguments says nothing, and the start tells the other counts as well.
  const want = clean.filter((event) => (event as { delta?: Json }).delta?.partial_json !== "");
  assertEquals(events.slice(1, -2), want.slice(1, -2));
  assertEquals(events.at(-2), { ...want.at(-2), usage: { input_tokens: 5, output_tokens: 9 } });
});

Deno.test("StreamRepair streams text and the first call as they come", () => {
  const machine = new StreamRepair(relayTurn(REQUEST));
  machine.push(named([START, open(0, TEXT)]));
  assert(machine.push(named([text(0, "a")])).includes('"a"'));
  machine.push(named([open(1, tool("f"))]));
  assert(machine.push(named([input(1, "{")])).includes('"{"'));
  assertEquals(machine.push(named([END])), "");
});

Deno.test("StreamRepair names the model that was asked for where none is told", () => {
  const [start] = readEvents(repair(nameless(CLEAN.slice(1))));
  const message = start?.message as Json;
  assertEquals(message.model, "asked");
  assertMatch(String(message.id), /^msg_\w{24}$/);
});

Deno.test("StreamRepair takes tool_use for the reason where none is told", () => {
  const events = readEvents(repair(named([START, open(0, tool("f")), close(0), STOP])));
  assertEquals((events.at(-2)?.delta as Json).stop_reason, "tool_use");
});

Deno.test("StreamRepair takes an end mark for the end where no reason is told", () => {
  const events = readEvents(repair(named(CLEAN.slice(0, -2)) + "data: [DONE]\n\n"));
  assertEquals((events.at(-2)?.delta as Json).stop_reason, "end_turn");
  assertEquals(events.at(-1), STOP);
});

const ERRORS: { name: string; stream: string; want: Json }[] = [
  {
    name: "as it is",
    stream: named([START, { type: "error", error: { type: "overloaded_error", message: "busy" } }]),
    want: { type: "overloaded_error", message: "busy" },
  },
  {
    name: "without its type",
    stream: 'data: {"error":{"message":"busy","code":1}}\n\n',
    want: { type: "api_error", message: "busy" },
  },
  {
    name: "that is a string",
    stream: 'event: error\ndata: {"error":"busy"}\n\n',
    want: { type: "api_error", message: "busy" },
  },
];

for (const { name, stream, want } of ERRORS) {
  Deno.test(`StreamRepair hands on an error ${name} and nothing behind it`, () => {
    const events = readEvents(repair(stream + named(CLEAN)));
    assertEquals(events.at(-1), { type: "error", error: want });
  });
}

const BROKEN: { name: string; stream: string }[] = [
  { name: "nothing", stream: "" },
  { name: "only a start", stream: named([START]) },
  { name: "a text that breaks off", stream: named(CLEAN.slice(0, 4)) },
  { name: "an end mark without content", stream: named([START]) + "data: [DONE]\n\n" },
  {
    name: "an end mark inside a call",
    stream: named([START, open(0, tool("f")), input(0, "{")]) + "data: [DONE]\n\n",
  },
  {
    name: "another protocol",
    stream: nameless(Array(3).fill({ object: "chat.completion.chunk" })),
  },
  { name: "data that is no JSON", stream: "data: a\n\ndata: b\n\ndata: c\n\n" },
];

for (const { name, stream } of BROKEN) {
  Deno.test(`StreamRepair does not make a message of ${name}`, () => {
    assertThrows(() => repair(stream), UpstreamProtocolError);
  });
}

Deno.test("StreamRepair keeps the grammar whatever it is given", () => {
  const index = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined });
  const event = fc.oneof(
    fc.tuple(index, fc.constantFrom(TEXT, THINKING, tool("f"), { type: "redacted_thinking" }))
      .map(([at, block]) => open(at, block)),
    fc.tuple(index, fc.constantFrom(text, thought, input), fc.constantFrom("", "a", "{}"))
      .map(([at, make, value]) => make(at, value)),
    index.map(close),
    fc.constantFrom<Json>(START, END, { type: "ping" }, { type: "content_block_start" }, {}),
  );
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 30 }),
      fc.integer({ min: 1, max: 99 }),
      (list, cut) => {
        const stream = nameless([START, ...list, END, STOP]);
        const events = readEvents(repair(stream, [cut]));
        assertMatch(letters(events), /^M(\[\.*\])*m\$$/);
        const deltas = events.filter(({ type }) => type === "content_block_delta");
        const texts = list.filter((one) => (one.delta as Json | undefined)?.type === "text_delta");
        const sum = (some: readonly Json[]): number =>
          some.map((one) => String((one.delta as Json).text ?? "")).join("").length;
        assertEquals(sum(deltas), sum(texts));
      },
    ),
  );
});
