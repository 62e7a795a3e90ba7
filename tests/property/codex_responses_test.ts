import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { parseMessagesRequest } from "../../src/anthropic/request_guard.ts";
import { checkInput } from "../../src/demo/responses_input.ts";
import { GatewayError } from "../../src/errors.ts";
import type { JsonObject } from "../../src/json.ts";
import { codexResponses } from "../../src/translators/codex_responses/mod.ts";
import { createTurn } from "../../src/translators/turn.ts";
import { anyLengths, inLengths } from "../support/chunkers.ts";
import { assertEventOrder } from "../support/events.ts";
import { foldEvents } from "../support/fold_events.ts";
import { bytesOf, replayFolded, replayStream, replayWhole, sseOf } from "../support/replay.ts";
import { testTarget } from "../support/turn.ts";
import { completed, play, responsesTurn, shorten } from "../translators/codex_responses/events.ts";
import { anyRequest } from "./arbitraries.ts";
import { anyResponsesStream, anySoundItems } from "./responses_arbitraries.ts";

/** The same cases in every run: a failure is to be found again. */
const RUNS = { seed: 20261122, numRuns: 600 } as const;

const SEARCH = { tools: [{ type: "web_search_20250305", name: "web_search" }] };
const HERE = { baseUrl: "https://api.openai.com/v1" };

Deno.test("any stream of events, cut anywhere, gives the same events in their grammar", () => {
  fc.assert(
    fc.property(
      anyResponsesStream,
      anyLengths,
      fc.constantFrom([], ["END", " "]),
      (payloads, lengths, stops) => {
        const replay = () => ({
          turn: responsesTurn({ ...HERE, request: SEARCH }),
          translator: codexResponses,
          stops,
        });
        const bytes = bytesOf(sseOf(payloads));
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

/** A stream that names no response has no upstream id, so that its own id is random. */
function withoutIds(sse: string): string {
  return sse.replace(/"(?:msg|toolu|srvtoolu_ws)_[0-9A-Za-z]{24}"/g, '"id"');
}

Deno.test("any stream folds to a message, or fails with an error of ours", () => {
  fc.assert(
    fc.property(anyResponsesStream, (payloads) => {
      const turn = responsesTurn({ request: { stream: false } });
      try {
        const bytes = bytesOf(sseOf(payloads));
        const { content } = replayFolded({ turn, translator: codexResponses }, [bytes]);
        for (const block of content) {
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

Deno.test("a sound answer is the same message streamed and not", () => {
  fc.assert(
    fc.property(anySoundItems, (items) => {
      const output = items.map(({ item }) => item);
      const created = { type: "response.created", response: { id: "resp_1" } };
      const events = [created, ...items.flatMap(({ events }) => events), completed(output)];
      const { sse } = play(events, HERE);
      const turn = responsesTurn({ ...HERE, request: { stream: false } });
      const { response } = completed(output);
      const whole = replayWhole({ turn, translator: codexResponses }, response);
      assertEquals<unknown>(foldEvents(sse), whole);
    }),
    RUNS,
  );
});

Deno.test("items whose events are interleaved lose nothing and keep their calls", () => {
  fc.assert(
    fc.property(anySoundItems, fc.array(fc.nat(), { maxLength: 40 }), (items, order) => {
      const events = interleaved(items.map(({ events }) => events), order);
      const { message } = play([...events, completed(items.map(({ item }) => item))], HERE);
      const kinds = (type: string) => items.filter(({ item }) => item.type === type);
      const said = message.content.flatMap((block) => block.type === "text" ? [block.text] : []);
      const letters = (words: readonly string[]) => [...words.join("")].sort().join("");
      const wanted = kinds("message").map(({ item }) => (item.content as JsonObject[])[0]?.text);
      assertEquals(letters(said), letters(wanted.map(String)));
      const calls = shorten(message).filter((line) => line.startsWith("call ")).sort();
      const want = kinds("function_call")
        .map(({ item }) => `call ${item.call_id} ${item.name} ${item.arguments}`).sort();
      assertEquals(calls, want);
    }),
    RUNS,
  );
});

/** Takes the next event of one list or another, as the numbers say. */
function interleaved(
  lists: readonly (readonly JsonObject[])[],
  order: readonly number[],
): JsonObject[] {
  const left = lists.map((events) => [...events]);
  const result: JsonObject[] = [];
  for (const number of order) {
    const open = left.filter((events) => events.length > 0);
    const event = open[number % Math.max(1, open.length)]?.shift();
    if (event) result.push(event);
  }
  return [...result, ...left.flat()];
}

Deno.test("any bytes at all end in a message or in an error event", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), anyLengths, (garbage, lengths) => {
      const replay = { turn: responsesTurn(), translator: codexResponses };
      assertEventOrder(replayStream(replay, inLengths(new Uint8Array(garbage), lengths)));
    }),
    RUNS,
  );
});

const TARGETS = [
  { model: "m" },
  { ...HERE, model: "gpt-5.4" },
  { baseUrl: "https://api.x.ai/v1", model: "grok-4" },
  { baseUrl: "http://localhost:1234/v1", model: "gpt-oss", quirks: { tool_msg_images: false } },
  { ...HERE, model: "gpt-4.1", onLoss: "error" as const },
].map((target) => testTarget({ mode: "codex_responses", ...target }));

Deno.test("any request becomes the same bytes twice, and input that the API takes", () => {
  fc.assert(
    fc.property(anyRequest, fc.constantFrom(...TARGETS), (request, target) => {
      const translate = () => {
        try {
          const turn = createTurn(parseMessagesRequest(JSON.stringify(request)), target);
          const { body } = codexResponses.translateRequest(turn);
          assertEquals(checkInput(body.input as unknown[]), undefined);
          return JSON.stringify(body);
        } catch (error) {
          assert(error instanceof GatewayError, `${error}`);
          assertEquals(error.status, 400);
          return error.message;
        }
      };
      assertEquals(translate(), translate());
    }),
    { ...RUNS, numRuns: 1500 },
  );
});
