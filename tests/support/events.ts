import { assert, assertEquals } from "@std/assert";
import { isObject, type JsonObject, tryParseJson } from "../../src/json.ts";

/** An event of an Anthropic stream: its name, and its data. */
export interface StreamEvent {
  readonly name: string;
  readonly data: JsonObject;
}

/** Reads the text of a stream, which must be written as Anthropic writes it. */
export function readEvents(sse: string): StreamEvent[] {
  if (sse === "") return [];
  assert(sse.endsWith("\n\n"), "The stream ends in the middle of an event");
  return sse.slice(0, -2).split("\n\n").map((frame) => {
    const parts = /^event: (\w+)\ndata: ([^\r\n]*)$/.exec(frame);
    assert(parts, `This is not an event: ${frame}`);
    const data = tryParseJson(parts[2] ?? "");
    assert(isObject(data), `The data of this event is no JSON object: ${frame}`);
    return { name: parts[1] ?? "", data };
  });
}

/** The kind of delta that fills a block of a kind. */
const DELTAS: Readonly<Record<string, readonly string[]>> = {
  text: ["text_delta", "citations_delta"],
  thinking: ["thinking_delta", "signature_delta"],
  tool_use: ["input_json_delta"],
  server_tool_use: ["input_json_delta"],
};

/** One letter per event, as {@link GRAMMAR} reads them. */
const LETTERS: Readonly<Record<string, string>> = {
  message_start: "M",
  content_block_start: "[",
  content_block_delta: ".",
  content_block_stop: "]",
  message_delta: "m",
  message_stop: "$",
  error: "!",
};

/** A whole message; or one that ends in an error at any point. */
const GRAMMAR = /^(?:M(?:\[\.*\])*m\$|(?:M(?:\[\.*\])*(?:\[\.*)?m?)?!)$/;

/**
 * Asserts that the text of a stream keeps the grammar: one letter per event, then what letters do
 * not show. Indexes are dense, deltas match their block, no text or thinking is empty, a tool's
 * input parses unless the output limit cut it, and nothing follows the end.
 */
export function assertEventOrder(sse: string): StreamEvent[] {
  const events = readEvents(sse).filter(({ name }) => name !== "ping");
  const line = events.map(({ name }) => LETTERS[name] ?? "?").join("");
  assert(GRAMMAR.test(line), `The events are out of order: ${line}`);
  for (const { name, data } of events) assertEquals(data.type, name);
  const stop = events.find(({ name }) => name === "message_delta")?.data.delta;
  const isCut = !isObject(stop) || stop.stop_reason === "max_tokens" ||
    stop.stop_reason === "model_context_window_exceeded" || stop.stop_reason === "refusal";
  const blocks = events.filter(({ name }) => name === "content_block_start");
  blocks.forEach(({ data }, index) => {
    assertEquals(data.index, index, "Blocks are not numbered densely");
    const own = events.filter((event) =>
      event.name !== "content_block_start" && event.data.index === index
    );
    assertBlock(data.content_block as JsonObject, own, isCut);
  });
  assertPlaces(events);
  return events;
}

/** Asserts that every delta and stop is for the block that is open. */
function assertPlaces(events: readonly StreamEvent[]): void {
  let open = -1;
  for (const { name, data } of events) {
    if (name === "content_block_start") open++;
    if (name === "content_block_delta" || name === "content_block_stop") {
      assertEquals(data.index, open, "A delta belongs to a block that is not open");
    }
  }
}

function assertBlock(block: JsonObject, events: readonly StreamEvent[], isCut: boolean): void {
  const type = String(block.type);
  const deltas = events.flatMap(({ data }) => isObject(data.delta) ? [data.delta] : []);
  for (const delta of deltas) {
    assert((DELTAS[type] ?? []).includes(String(delta.type)), `${delta.type} in a ${type} block`);
  }
  const isOpen = !events.some(({ name }) => name === "content_block_stop");
  const signatures = deltas.filter((delta) => delta.type === "signature_delta");
  if (type === "text") {
    assert(deltas.every(({ text }) => text !== ""), "A text delta is empty");
    assert(isOpen || deltas.length > 0, "A text block is empty");
    assert(
      isOpen || deltas.map(({ text }) => text ?? "").join("").trim() !== "",
      "A text is blank",
    );
  }
  if (type === "thinking" && !isOpen) {
    assertEquals(signatures.length, 1, "A thinking block has no signature, or several");
    assertEquals(deltas.at(-1)?.type, "signature_delta", "A signature is not the last delta");
    assert(signatures[0]?.signature !== "", "A signature is empty");
    assert(deltas.every(({ thinking }) => thinking !== ""), "A thinking delta is empty");
  }
  if (type === "tool_use" && !isOpen) {
    assertEquals(block.input, {}, "The input of a call must come in deltas");
    assert(deltas.length > 0, "A call has no input at all");
    const json = deltas.map((delta) => delta.partial_json).join("");
    const isInput = json === "" || isObject(tryParseJson(json));
    assert(isInput || isCut, `The input of a call is no JSON object: ${json}`);
  }
}
