import { assertEquals } from "@std/assert";
import type { Message } from "../../src/anthropic/message.ts";
import { isObject, type JsonObject } from "../../src/json.ts";
import { bedrockConverse } from "../../src/translators/bedrock_converse/mod.ts";
import { inLengths } from "../support/chunkers.ts";
import { type ConverseEvent, converseTurn, streamOf } from "../support/converse.ts";
import { assertEventOrder } from "../support/events.ts";
import { foldEvents } from "../support/fold_events.ts";
import { replayFolded, replayStream, replayWhole } from "../support/replay.ts";
import { readSharedFolder } from "../support/shared_data.ts";

/** How the bytes of a recording arrive. */
const CUTS: readonly (readonly [name: string, lengths: readonly number[]])[] = [
  ["at once", [1 << 20]],
  ["byte by byte", [1]],
  ["in odd pieces", [1, 2, 3, 100, 7]],
];

/** A block as it stands in a message, put together by this test and not by the code under test. */
type Said = Record<string, unknown>;

const files = await readSharedFolder("recorded/bedrock_converse/");

for (const [name, text] of files) {
  if (name.endsWith(".chunks.txt")) testStream(name, eventsOf(text));
  else testWhole(name, JSON.parse(text) as JsonObject);
}

function testStream(name: string, events: readonly ConverseEvent[]): void {
  const bytes = streamOf(events);
  const said = saidIn(events);
  for (const [cut, lengths] of CUTS) {
    Deno.test(`${name} (${cut}) becomes the message that its deltas say`, () => {
      const sse = replayStream(replayOf(true), inLengths(bytes, lengths));
      assertEquals(assertEventOrder(sse).at(-1)?.name, "message_stop");
      const message = foldEvents(sse) as unknown as Message;
      assertMessage(message, said, events);
      assertEquals<unknown>(message, replayFolded(replayOf(false), [bytes]));
    });
  }

  Deno.test(`${name} is an error wherever it is cut before its end`, () => {
    const last = events.findIndex(([type]) => type === "messageStop");
    for (let kept = 0; kept < last; kept++) {
      const sse = replayStream(replayOf(true), [streamOf(events.slice(0, kept))]);
      assertEquals(assertEventOrder(sse).at(-1)?.name, "error");
    }
  });
}

function testWhole(name: string, body: JsonObject): void {
  Deno.test(`${name} becomes the message that it says`, () => {
    const { content } = (body.output as { message: { content: JsonObject[] } }).message;
    const events = content.flatMap(asEvents);
    const ends: ConverseEvent[] = [
      ["messageStop", { stopReason: body.stopReason }],
      ["metadata", { usage: body.usage }],
    ];
    assertMessage(replayWhole(replayOf(false), body), saidIn(events), [...events, ...ends]);
  });
}

/** A whole block as the events that would have brought it. */
function asEvents(block: JsonObject, contentBlockIndex: number): ConverseEvent[] {
  const { toolUse, reasoningContent, ...rest } = block;
  if (isObject(toolUse)) {
    const delta = { toolUse: { input: JSON.stringify(toolUse.input) } };
    return [
      ["contentBlockStart", { contentBlockIndex, start: { toolUse } }],
      ["contentBlockDelta", { contentBlockIndex, delta }],
    ];
  }
  const reasoning = isObject(reasoningContent)
    ? { reasoningContent: reasoningContent.reasoningText }
    : {};
  return [["contentBlockDelta", { contentBlockIndex, delta: { ...rest, ...reasoning } }]];
}

function replayOf(stream: boolean) {
  return { turn: converseTurn({ request: { stream } }), translator: bedrockConverse };
}

function assertMessage(
  { content, stop_reason, usage }: Message,
  said: readonly Said[],
  events: readonly ConverseEvent[],
): void {
  assertEquals<unknown>(content, said);
  const [, end] = events.find(([type]) => type === "messageStop") ?? [];
  const [, metadata] = events.find(([type]) => type === "metadata") ?? [];
  assertEquals(stop_reason, (end as JsonObject).stopReason);
  const { inputTokens, outputTokens } = (metadata as { usage: JsonObject }).usage;
  assertEquals<unknown>([usage.input_tokens, usage.output_tokens], [inputTokens, outputTokens]);
}

/** Each line holds one event under its name, as AWS's client hands them out. */
function eventsOf(text: string): ConverseEvent[] {
  return text.split("\n").filter((line) => line.trim() !== "").map((line): ConverseEvent => {
    const [[type, payload] = ["", {}]] = Object.entries(JSON.parse(line) as JsonObject);
    return [type, payload as JsonObject];
  });
}

/** Concatenates everything by hand: no recording has interleaved blocks. */
function saidIn(events: readonly ConverseEvent[]): readonly Said[] {
  const blocks = new Map<
    unknown,
    { text: string; thinking: string; signature: string; call?: JsonObject; json: string }
  >();
  const blockAt = (index: unknown) => {
    const block = blocks.get(index) ?? { text: "", thinking: "", signature: "", json: "" };
    blocks.set(index, block);
    return block;
  };
  for (const [type, payload] of events) {
    if (!isObject(payload)) continue;
    if (type === "contentBlockStart") {
      const { toolUse } = payload.start as { toolUse?: JsonObject };
      if (toolUse) blockAt(payload.contentBlockIndex).call = toolUse;
    }
    if (type !== "contentBlockDelta") continue;
    const block = blockAt(payload.contentBlockIndex);
    const { text = "", reasoningContent: reasoning = {}, toolUse = {} } = payload.delta as {
      text?: string;
      reasoningContent?: { text?: string; signature?: string };
      toolUse?: { input?: string };
    };
    block.text += text;
    block.thinking += reasoning.text ?? "";
    block.signature += reasoning.signature ?? "";
    block.json += toolUse.input ?? "";
  }
  return [...blocks.values()].map(({ text, thinking, signature, call, json }): Said => {
    if (call) {
      const input: unknown = JSON.parse(json || "{}");
      const { toolUseId: id, name } = call;
      return { type: "tool_use", id, name, input, caller: { type: "direct" } };
    }
    if (thinking !== "") return { type: "thinking", thinking, signature };
    return { type: "text", text, citations: null };
  });
}
