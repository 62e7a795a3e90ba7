import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { NO_USAGE } from "../../src/anthropic/message.ts";
import { SseSink } from "../../src/anthropic/sse_sink.ts";
import { MessageWriter, type MessageWriterOptions } from "../../src/anthropic/writer.ts";
import { UpstreamProtocolError } from "../../src/errors.ts";
import type { JsonObject } from "../../src/json.ts";
import { assertEventOrder } from "../support/events.ts";
import { foldEvents } from "../support/fold_events.ts";

const seal = (thinking: string) => `sealed:${thinking}`;

/** The message that steps write, its grammar being checked. */
function write(
  steps: (writer: MessageWriter) => void,
  options: Partial<MessageWriterOptions> = {},
): { readonly message: JsonObject; readonly content: readonly JsonObject[] } {
  const sink = new SseSink();
  const writer = new MessageWriter(sink, { model: "claude", ...options });
  steps(writer);
  if (!writer.ended) writer.finish("end_turn", NO_USAGE);
  const sse = sink.take();
  assertEventOrder(sse);
  const message = foldEvents(sse);
  return { message, content: message.content as JsonObject[] };
}

const text = (value: string) => ({ type: "text", text: value, citations: null });
const thinking = (value: string) => ({ type: "thinking", thinking: value, signature: seal(value) });
const call = (id: string, input: JsonObject) => ({
  type: "tool_use",
  id,
  name: "find",
  input,
  caller: { type: "direct" },
});

const CASES: {
  name: string;
  steps: (writer: MessageWriter) => void;
  want: JsonObject[];
  options?: Partial<MessageWriterOptions>;
}[] = [
  { name: "writes no block for nothing", steps: () => {}, want: [] },
  {
    // Demands row 17.
    name: "writes no block for empty texts",
    steps: (writer) => {
      writer.text("");
      writer.thinking("", seal);
    },
    want: [],
  },
  {
    name: "writes no block for blank text, between other blocks neither",
    steps: (writer) => {
      writer.text("\n");
      writer.thinking("hm", seal);
      writer.text(" \n");
      writer.toolStart("t1", "find");
      writer.text("\t");
    },
    want: [thinking("hm"), call("t1", {})],
  },
  {
    name: "keeps blanks before and within text",
    steps: (writer) => {
      writer.text(" ");
      writer.text("\n a");
      writer.text(" ");
      writer.text("b ");
    },
    want: [text(" \n a b ")],
  },
  {
    // Demands row 16.
    name: "opens one block at a time",
    steps: (writer) => {
      writer.thinking("h", seal);
      writer.thinking("m", seal);
      writer.text("a");
      writer.thinking("x", seal);
      writer.toolStart("t1", "find");
      writer.toolInput('{"a"');
      writer.toolInput(":1}");
      writer.toolStart("t2", "find");
      writer.text("b");
    },
    want: [
      thinking("hm"),
      text("a"),
      thinking("x"),
      call("t1", { a: 1 }),
      call("t2", {}),
      text("b"),
    ],
  },
  {
    name: "writes a signature without any thinking to see",
    steps: (writer) => {
      writer.hiddenThinking("sig");
      writer.text("a");
    },
    want: [{ type: "thinking", thinking: "", signature: "sig" }, text("a")],
  },
  {
    name: "writes redacted thinking whole",
    steps: (writer) => {
      writer.text("a");
      writer.redactedThinking("data");
      writer.text("b");
    },
    want: [text("a"), { type: "redacted_thinking", data: "data" }, text("b")],
  },
  {
    name: "writes a search whole",
    steps: (writer) => writer.webSearch("s1", { query: "q" }, []),
    want: [
      { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "q" } },
      { type: "web_search_tool_result", tool_use_id: "s1", content: [] },
    ],
  },
  {
    name: "hides the text of thinking and keeps its signature",
    options: { hideThinking: true },
    steps: (writer) => {
      writer.thinking("h", seal);
      writer.thinking("m", seal);
      writer.text("a");
    },
    want: [{ type: "thinking", thinking: "", signature: "sealed:hm" }, text("a")],
  },
  {
    name: "joins the halves of a character",
    steps: (writer) => {
      writer.text("a\ud83d");
      writer.text("\udc4b");
      writer.thinking("\ud83d", seal);
      writer.thinking("\udc4b", seal);
      writer.toolStart("t1", "find");
      writer.toolInput('{"a":"\ud83d');
      writer.toolInput('\udc4b"}');
    },
    want: [text("a👋"), thinking("👋"), call("t1", { a: "👋" })],
  },
  {
    name: "replaces a half character that stays alone",
    steps: (writer) => {
      writer.text("a\udc4bb\ud83d");
      writer.toolStart("t1", "find");
    },
    want: [text("a\ufffdb\ufffd"), call("t1", {})],
  },
  {
    name: "holds text back for stop sequences and releases it before the next block",
    options: { stopSequences: ["END"] },
    steps: (writer) => {
      writer.text("a E");
      writer.toolStart("t1", "find");
      writer.text("N");
    },
    want: [text("a E"), call("t1", {}), text("N")],
  },
  {
    name: "writes nothing behind a stop sequence",
    options: { stopSequences: ["END"] },
    steps: (writer) => {
      writer.text("a EN");
      writer.text("D b");
      writer.text("c");
      writer.thinking("x", seal);
      writer.toolStart("t1", "find");
      writer.toolInput("{}");
      writer.redactedThinking("data");
      writer.webSearch("s1", {}, []);
    },
    want: [text("a ")],
  },
  {
    name: "looks for stop sequences in text only",
    options: { stopSequences: ["END"] },
    steps: (writer) => {
      writer.thinking("END", seal);
      writer.toolStart("t1", "find");
      writer.toolInput('{"a":"END"}');
    },
    want: [thinking("END"), call("t1", { a: "END" })],
  },
];

for (const { name, steps, want, options } of CASES) {
  Deno.test(`MessageWriter ${name}`, () => {
    assertEquals<unknown>(write(steps, options).content, want);
  });
}

const MISUSES: { name: string; misuse: (writer: MessageWriter) => void }[] = [
  { name: "arguments without a call", misuse: (writer) => writer.toolInput("{}") },
  {
    name: "arguments in a text block",
    misuse: (writer) => {
      writer.text("a");
      writer.toolInput("{}");
    },
  },
  {
    name: "arguments of a closed call",
    misuse: (writer) => {
      writer.toolStart("t1", "find");
      writer.closeBlock();
      writer.toolInput("{}");
    },
  },
  ...(["text", "thinking", "tool", "redacted", "search", "start", "finish"] as const).map((
    what,
  ) => ({
    name: `${what} behind the end`,
    misuse: (writer: MessageWriter) => {
      writer.finish("end_turn", NO_USAGE);
      if (what === "text") writer.text("a");
      if (what === "thinking") writer.thinking("a", seal);
      if (what === "tool") writer.toolStart("t1", "find");
      if (what === "redacted") writer.redactedThinking("a");
      if (what === "search") writer.webSearch("s1", {}, []);
      if (what === "start") writer.start();
      if (what === "finish") writer.finish("end_turn", NO_USAGE);
    },
  })),
];

for (const { name, misuse } of MISUSES) {
  // Demands row 14.
  Deno.test(`MessageWriter throws for ${name} before anything is written`, () => {
    const sink = new SseSink();
    const writer = new MessageWriter(sink, { model: "claude" });
    assertThrows(() => misuse(writer), UpstreamProtocolError, "Cannot write");
    if (!writer.ended) writer.finish("end_turn", NO_USAGE);
    assertEventOrder(sink.take());
  });
}

Deno.test("MessageWriter lets an emulated stop sequence override the upstream's reason", () => {
  const { message } = write((writer) => {
    writer.text("a END");
    assertEquals(writer.matchedStop, "END");
    writer.finish("max_tokens", NO_USAGE, {
      stopDetails: { type: "refusal", category: null, explanation: null },
    });
  }, { stopSequences: ["", "END"] });
  assertEquals(
    [message.stop_reason, message.stop_sequence, message.stop_details],
    ["stop_sequence", "END", null],
  );
});

const BEHIND_CALLS = [["tool_use", "tool_use"], ["end_turn", "tool_use"], [
  "max_tokens",
  "max_tokens",
]] as const;

for (const [reason, want] of BEHIND_CALLS) {
  Deno.test(`MessageWriter ends with ${want} where text behind a call ran into a stop sequence and the upstream says ${reason}`, () => {
    const { message } = write((writer) => {
      writer.toolStart("t1", "find");
      writer.text("END");
      writer.finish(reason, NO_USAGE);
    }, { stopSequences: ["END"] });
    assertEquals([message.stop_reason, message.stop_sequence], [want, null]);
  });
}

Deno.test("MessageWriter passes on a stop sequence that the upstream named", () => {
  const { message } = write((writer) =>
    writer.finish("stop_sequence", NO_USAGE, { stopSequence: "END" })
  );
  assertEquals([message.stop_reason, message.stop_sequence], ["stop_sequence", "END"]);
});

Deno.test("MessageWriter makes the message's id from the upstream's, or a new one", () => {
  const idOf = (upstreamId: string) =>
    String(
      write((writer) => {
        writer.identify(upstreamId);
        writer.identify("other");
      }).message.id,
    );
  assertMatch(idOf("chatcmpl-1"), /^msg_[0-9A-Za-z]{24}$/);
  assertEquals(idOf("chatcmpl-1"), idOf("chatcmpl-1"));
  assertEquals(idOf(""), idOf("other"));
  const unnamed = () => String(write(() => {}).message.id);
  assertNotEquals(unnamed(), unnamed());
});

Deno.test("MessageWriter keeps the id that was asked for before the message began", () => {
  const { message } = write((writer) => {
    const id = writer.messageId;
    writer.identify("late");
    assertEquals(writer.messageId, id);
  });
  assertMatch(String(message.id), /^msg_/);
});

Deno.test("MessageWriter tells where it stands", () => {
  const writer = new MessageWriter(new SseSink(), { model: "claude" });
  const state = () => [writer.started, writer.hasContent, writer.isThinking, writer.ended];
  assertEquals(state(), [false, false, false, false]);
  writer.text("  ");
  assertEquals(state(), [false, false, false, false]);
  writer.thinking("a", seal);
  assertEquals(state(), [true, true, true, false]);
  writer.toolStart("t1", "find");
  assertEquals([...state(), writer.toolBlocks], [true, true, false, false, 1]);
  writer.finish("tool_use", NO_USAGE);
  assertEquals(state(), [true, true, false, true]);
});

Deno.test("MessageWriter estimates tokens by deltas, or by length where that is more", () => {
  const estimate = (...texts: readonly string[]) => {
    const writer = new MessageWriter(new SseSink(), { model: "claude" });
    for (const piece of texts) writer.text(piece);
    return writer.estimatedTokens;
  };
  assertEquals([estimate(), estimate("a"), estimate("a", "b", "c")], [0, 1, 3]);
  assert(estimate("x".repeat(3600)) === 1000);
});

Deno.test("MessageWriter adds citations to open text, and to nothing else", () => {
  const page = { url: "https://a.b", title: "A", encrypted_index: "E", cited_text: "" };
  const citation = { type: "web_search_result_location", ...page } as const;
  const { content } = write((writer) => {
    writer.citation(citation);
    writer.text("One");
    writer.citation(citation);
    writer.text(" more");
    writer.closeBlock();
    writer.citation(citation);
    writer.text("Two");
  });
  assertEquals(content, [{ ...text("One more"), citations: [citation] }, text("Two")]);
});
