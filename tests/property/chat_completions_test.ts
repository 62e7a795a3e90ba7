import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { parseMessagesRequest } from "../../src/anthropic/request_guard.ts";
import { GatewayError } from "../../src/errors.ts";
import type { Quirks } from "../../src/profiles/schema.ts";
import { chatCompletions } from "../../src/translators/chat_completions/mod.ts";
import { createTurn } from "../../src/translators/turn.ts";
import { anyLengths, inLengths } from "../support/chunkers.ts";
import { assertEventOrder } from "../support/events.ts";
import { bytesOf, replayFolded, replayStream, sseOf } from "../support/replay.ts";
import { testTarget, testTurn } from "../support/turn.ts";
import { anyRequest, anyStream } from "./arbitraries.ts";

/** The same cases in every run: a failure is to be found again. */
const RUNS = { seed: 20261122, numRuns: 400 } as const;

const QUIRKS: readonly Quirks[] = [
  {},
  { think_tags: true, args_cumulative: true, lenient_eof: true },
  { buffer_tool_args: true, web_search: "openrouter_plugins" },
];

const anyLineEnd = fc.constantFrom("\n", "\r\n", "\r");
const anyQuirks = fc.constantFrom(...QUIRKS);
const anyStops = fc.constantFrom([], ["END"], ["END", "👩‍💻", " "]);

Deno.test("any stream of chunks, cut anywhere, gives the same events in their grammar", () => {
  fc.assert(
    fc.property(
      fc.record({
        payloads: anyStream,
        lengths: anyLengths,
        lineEnd: anyLineEnd,
        quirks: anyQuirks,
        stops: anyStops,
      }),
      ({ payloads, lengths, lineEnd, quirks, stops }) => {
        const bytes = bytesOf(sseOf(payloads, lineEnd));
        const request = { tools: [{ type: "web_search_20250305", name: "web_search" }] };
        const replay = () => ({
          turn: testTurn({ quirks, request }),
          translator: chatCompletions,
          stops,
        });
        const whole = replayStream(replay(), [bytes]);
        const last = assertEventOrder(whole).at(-1)?.name;
        assert(last === "message_stop" || last === "error");
        const cut = replayStream(replay(), inLengths(bytes, lengths));
        assertEquals(withoutIds(cut), withoutIds(whole));
      },
    ),
    RUNS,
  );
});

/** A stream without a single sound chunk has no upstream id, so that its own id is random. */
function withoutIds(sse: string): string {
  return sse.replace(/"(?:msg|toolu|srvtoolu)_[0-9A-Za-z]{24}"/g, '"id"');
}

Deno.test("any stream folds to a message, or fails with an error of ours", () => {
  fc.assert(
    fc.property(anyStream, anyQuirks, (payloads, quirks) => {
      const turn = testTurn({ quirks, request: { stream: false } });
      try {
        const message = replayFolded({ turn, translator: chatCompletions }, [
          bytesOf(sseOf(payloads)),
        ]);
        for (const block of message.content) {
          assert(block.type !== "text" || block.text.trim() !== "");
          assert(block.type !== "tool_use" || typeof block.input === "object");
        }
      } catch (error) {
        assert(error instanceof GatewayError, `${error}`);
      }
    }),
    RUNS,
  );
});

Deno.test("any bytes at all end in a message or in an error event", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), anyLengths, (garbage, lengths) => {
      const bytes = new Uint8Array(garbage);
      const replay = { turn: testTurn(), translator: chatCompletions };
      assertEventOrder(replayStream(replay, inLengths(bytes, lengths)));
    }),
    RUNS,
  );
});

const TARGETS = [
  testTarget(),
  testTarget({ baseUrl: "https://api.openai.com/v1", model: "gpt-5.2" }),
  testTarget({ baseUrl: "https://api.mistral.ai/v1", model: "magistral-medium" }),
  testTarget({ baseUrl: "https://openrouter.ai/api/v1", model: "anthropic/claude-x" }),
  testTarget({ baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai", model: "g" }),
  testTarget({
    quirks: { tool_id: "kimi", images: false, tool_choice: ["auto"] },
    onLoss: "error",
  }),
];

Deno.test("any request becomes the same bytes twice, or an error of ours", () => {
  fc.assert(
    fc.property(anyRequest, fc.constantFrom(...TARGETS), (request, target) => {
      const translate = () => {
        try {
          const turn = createTurn(parseMessagesRequest(JSON.stringify(request)), target);
          return JSON.stringify(chatCompletions.translateRequest(turn));
        } catch (error) {
          assert(error instanceof GatewayError, `${error}`);
          assertEquals(error.status, 400);
          return error.message;
        }
      };
      const before = JSON.stringify(request);
      assertEquals(translate(), translate());
      assertEquals(JSON.stringify(request), before);
    }),
    { ...RUNS, numRuns: 1500 },
  );
});

Deno.test("no translated conversation has a call without its result right behind it", () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      let messages: readonly Record<string, unknown>[];
      try {
        const turn = createTurn(parseMessagesRequest(JSON.stringify(request)), testTarget());
        const { body } = chatCompletions.translateRequest(turn);
        messages = body.messages as readonly Record<string, unknown>[];
      } catch (error) {
        assert(error instanceof GatewayError);
        return;
      }
      const open: unknown[] = [];
      for (const { role, tool_calls, tool_call_id, content } of messages) {
        if (role === "tool") assertEquals(tool_call_id, open.shift());
        else assertEquals(open, []);
        if (Array.isArray(tool_calls)) { for (const { id } of tool_calls) open.push(id); }
        assert(content !== "" || role !== "user", "An empty message of the user");
      }
      assertEquals(open, []);
    }),
    { ...RUNS, numRuns: 1000 },
  );
});
