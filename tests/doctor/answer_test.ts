import { assertEquals } from "@std/assert";
import { MessageReader } from "../../src/doctor/answer.ts";

function read(events: readonly object[]): MessageReader {
  const reader = new MessageReader();
  for (const event of events) reader.push(`event: x\ndata: ${JSON.stringify(event)}\n\n`);
  reader.end();
  return reader;
}

const START = { type: "message_start", message: { id: "m", content: [] } };
const block = (index: number, content_block: object) => ({
  type: "content_block_start",
  index,
  content_block,
});
const delta = (index: number, delta: object) => ({ type: "content_block_delta", index, delta });

Deno.test("MessageReader puts blocks together as they were streamed", () => {
  const reader = read([
    START,
    block(0, { type: "thinking", thinking: "", signature: "" }),
    delta(0, { type: "thinking_delta", thinking: "h" }),
    delta(0, { type: "thinking_delta", thinking: "m" }),
    delta(0, { type: "signature_delta", signature: "s1" }),
    block(1, { type: "text", text: "" }),
    delta(1, { type: "text_delta", text: "Hi" }),
    block(2, { type: "tool_use", id: "t", name: "f", input: {} }),
    delta(2, { type: "input_json_delta", partial_json: '{"a":' }),
    delta(2, { type: "input_json_delta", partial_json: "1}" }),
    { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 3 } },
    { type: "message_stop" },
  ]);
  assertEquals([reader.error, reader.isOver], [undefined, true]);
  assertEquals(reader.message, {
    id: "m",
    content: [
      { type: "thinking", thinking: "hm", signature: "s1" },
      { type: "text", text: "Hi" },
      { type: "tool_use", id: "t", name: "f", input: { a: 1 } },
    ],
    stop_reason: "tool_use",
    usage: { output_tokens: 3 },
  });
});

Deno.test("MessageReader takes a stream that just stops for an error", () => {
  const reader = read([START, block(0, { type: "text", text: "" })]);
  assertEquals([reader.hasContent, reader.isOver, reader.error?.type], [true, false, "api_error"]);
});

Deno.test("MessageReader tells the error that ended a stream", () => {
  const error = { type: "overloaded_error", message: "busy" };
  assertEquals(read([START, { type: "error", error }]).error, error);
});
