import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { FoldSink } from "../../src/anthropic/fold.ts";
import { NO_USAGE } from "../../src/anthropic/message.ts";
import type { MessageSink } from "../../src/anthropic/sink.ts";
import { SseSink } from "../../src/anthropic/sse_sink.ts";
import { MessageWriter } from "../../src/anthropic/writer.ts";
import { UpstreamProtocolError } from "../../src/errors.ts";
import { assertEventOrder } from "../support/events.ts";
import { foldEvents } from "../support/fold_events.ts";
import { anyText } from "./arbitraries.ts";

interface Step {
  readonly kind: "text" | "thinking" | "redacted" | "call" | "search" | "close" | "start";
  readonly text: string;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("text", "text", "thinking", "redacted", "call", "search", "close", "start"),
  text: anyText,
});

function write(sink: MessageSink, steps: readonly Step[], stops: readonly string[]): void {
  const writer = new MessageWriter(sink, { model: "claude", stopSequences: stops });
  writer.identify("up-1");
  for (const { kind, text } of steps) {
    if (kind === "text") writer.text(text);
    if (kind === "thinking") writer.thinking(text, () => "sealed");
    if (kind === "redacted") writer.redactedThinking("data");
    if (kind === "call") {
      writer.toolStart(`t${writer.toolBlocks}`, "find");
      const json = JSON.stringify({ text: text.toWellFormed() });
      for (const unit of json.split("")) writer.toolInput(unit);
    }
    if (kind === "search") writer.webSearch("s1", { text: text.toWellFormed() }, []);
    if (kind === "close") writer.closeBlock();
    if (kind === "start") writer.start();
  }
  writer.finish("end_turn", NO_USAGE);
}

const RUNS = { seed: 20261122, numRuns: 500 } as const;

Deno.test("any steps of a message give events in their grammar, which fold to the same message", () => {
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 15 }),
      fc.constantFrom([], ["END", "\n"]),
      (steps, stops) => {
        const stream = new SseSink();
        write(stream, steps, stops);
        const fold = new FoldSink();
        write(fold, steps, stops);
        const sse = stream.take();
        assertEquals(assertEventOrder(sse).at(-1)?.name, "message_stop");
        assertEquals<unknown>(foldEvents(sse), fold.message);
      },
    ),
    RUNS,
  );
});

Deno.test("text goes through the writer unchanged, but for what no client can read", () => {
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 10 }), (texts) => {
      const fold = new FoldSink();
      write(fold, texts.map((text) => ({ kind: "text", text })), []);
      const whole = texts.join("").toWellFormed();
      const got = fold.message.content.map((block) => block.type === "text" ? block.text : "?");
      assertEquals(got, whole.trim() === "" ? [] : [whole]);
    }),
    RUNS,
  );
});

Deno.test("whatever is called in whatever order, nothing that breaks the grammar gets out", () => {
  const anyCall = fc.constantFrom("text", "thinking", "tool", "input", "close", "finish", "search");
  fc.assert(
    fc.property(fc.array(anyCall, { maxLength: 12 }), (calls) => {
      const sink = new SseSink();
      const writer = new MessageWriter(sink, { model: "claude" });
      for (const call of calls) {
        try {
          if (call === "text") writer.text("a");
          if (call === "thinking") writer.thinking("a", () => "sealed");
          if (call === "tool") writer.toolStart("t", "find");
          if (call === "input") writer.toolInput(" ");
          if (call === "close") writer.closeBlock();
          if (call === "finish") writer.finish("max_tokens", NO_USAGE);
          if (call === "search") writer.webSearch("s", {}, []);
        } catch (error) {
          assert(error instanceof UpstreamProtocolError, `${error}`);
        }
      }
      if (!writer.ended) writer.finish("max_tokens", NO_USAGE);
      assertEventOrder(sink.take());
    }),
    RUNS,
  );
});
