import { assertEquals, assertThrows } from "@std/assert";
import { FoldSink } from "../../src/anthropic/fold.ts";
import { NO_USAGE } from "../../src/anthropic/message.ts";
import { MessageWriter } from "../../src/anthropic/writer.ts";

Deno.test("FoldSink folds every kind of block into the message", () => {
  const sink = new FoldSink();
  const writer = new MessageWriter(sink, { model: "claude" });
  writer.identify("up-1");
  const id = writer.messageId;
  writer.thinking("h", (text) => `s:${text}`);
  writer.thinking("m", (text) => `s:${text}`);
  writer.redactedThinking("data");
  writer.text("a");
  writer.text("b");
  writer.toolStart("t1", "find");
  writer.toolInput('{"a"');
  writer.toolInput(":1}");
  writer.toolStart("t2", "find");
  writer.webSearch("s1", { query: "q" }, []);
  writer.finish("tool_use", { ...NO_USAGE, input_tokens: 5 });
  const caller = { type: "direct" };
  assertEquals<unknown>(sink.message, {
    id,
    type: "message",
    role: "assistant",
    model: "claude",
    content: [
      { type: "thinking", thinking: "hm", signature: "s:hm" },
      { type: "redacted_thinking", data: "data" },
      { type: "text", text: "ab", citations: null },
      { type: "tool_use", id: "t1", name: "find", input: { a: 1 }, caller },
      { type: "tool_use", id: "t2", name: "find", input: {}, caller },
      { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "q" } },
      { type: "web_search_tool_result", tool_use_id: "s1", content: [] },
    ],
    stop_reason: "tool_use",
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: { ...NO_USAGE, input_tokens: 5 },
  });
});

Deno.test("FoldSink keeps arguments that are no object under _raw", () => {
  for (const json of ['{"a":', "[1]", "null"]) {
    const sink = new FoldSink();
    const writer = new MessageWriter(sink, { model: "claude" });
    writer.toolStart("t1", "find");
    writer.toolInput(json);
    writer.finish("max_tokens", NO_USAGE);
    const [block] = sink.message.content;
    assertEquals(block?.type === "tool_use" && block.input, { _raw: json });
  }
});

Deno.test("FoldSink has no message before the end", () => {
  const sink = new FoldSink();
  assertThrows(() => sink.message, TypeError, "has not ended");
  new MessageWriter(sink, { model: "claude" }).text("a");
  assertThrows(() => sink.message, TypeError, "has not ended");
});

Deno.test("FoldSink gathers the citations of a text", () => {
  const sink = new FoldSink();
  const writer = new MessageWriter(sink, { model: "claude" });
  const page = { url: "https://a.b", title: "A", encrypted_index: "E", cited_text: "" };
  const citation = { type: "web_search_result_location", ...page } as const;
  writer.text("a");
  writer.citation(citation);
  writer.citation(citation);
  writer.closeBlock();
  writer.text("b");
  writer.finish("end_turn", NO_USAGE);
  assertEquals(sink.message.content, [
    { type: "text", text: "a", citations: [citation, citation] },
    { type: "text", text: "b", citations: null },
  ]);
});
