import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { parseMessagesRequest } from "../../src/anthropic/request_guard.ts";
import { readConverseRequest } from "../../src/demo/bedrock_request.ts";
import { GatewayError } from "../../src/errors.ts";
import { isObject, type JsonObject } from "../../src/json.ts";
import { bedrockConverse } from "../../src/translators/bedrock_converse/mod.ts";
import { createTurn } from "../../src/translators/turn.ts";
import { anyLengths, inLengths } from "../support/chunkers.ts";
import { type ConverseEvent, converseTurn, MODELS, streamOf } from "../support/converse.ts";
import { assertEventOrder } from "../support/events.ts";
import { foldEvents } from "../support/fold_events.ts";
import { replayFolded, replayStream, replayWhole } from "../support/replay.ts";
import { testTarget } from "../support/turn.ts";
import { anyRequest, anyText } from "./arbitraries.ts";

/** The same cases in every run: a failure is to be found again. */
const RUNS = { seed: 20261122, numRuns: 600 } as const;

const anyIndex = fc.integer({ min: 0, max: 3 });
const anyDelta: fc.Arbitrary<JsonObject> = fc.oneof(
  anyText.map((text) => ({ text })),
  anyText.map((text) => ({ reasoningContent: { text } })),
  fc.base64String().map((signature) => ({ reasoningContent: { signature } })),
  fc.base64String().map((redactedContent) => ({ reasoningContent: { redactedContent } })),
  fc.constantFrom("", "{", '{"a":', "1}", "{}", "x").map((input) => ({ toolUse: { input } })),
  fc.constantFrom({}, { citation: {} }, { text: null }, { toolUse: 1 }),
);
const anyStart: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constantFrom("t1", "t2", "").map((toolUseId) => ({ toolUse: { toolUseId, name: "run" } })),
  fc.constantFrom({}, { image: {} }, { toolUse: {} }),
);
const anyEvent: fc.Arbitrary<ConverseEvent> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(anyIndex, anyDelta).map(delta) },
  { weight: 3, arbitrary: fc.tuple(anyIndex, anyStart).map(start) },
  {
    weight: 3,
    arbitrary: anyIndex.map((contentBlockIndex): ConverseEvent => [
      "contentBlockStop",
      { contentBlockIndex },
    ]),
  },
  fc.constantFrom<ConverseEvent>(
    ["messageStart", { role: "assistant" }],
    ["metadata", { usage: { inputTokens: 1, outputTokens: 2 } }],
    ["messageStop", { stopReason: "end_turn" }],
    ["messageStop", { stopReason: "max_tokens" }],
    ["messageStop", { stopReason: "malformed_tool_use" }],
    ["messageStop", {}],
    ["exception:throttlingException", { message: "slow" }],
    ["strangeEvent", { x: 1 }],
    ["contentBlockDelta", "no JSON"],
  ),
);
const anyStream = fc.array(anyEvent, { maxLength: 25 });

function delta([contentBlockIndex, piece]: readonly [number, JsonObject]): ConverseEvent {
  return ["contentBlockDelta", { contentBlockIndex, delta: piece }];
}

function start([contentBlockIndex, begun]: readonly [number, JsonObject]): ConverseEvent {
  return ["contentBlockStart", { contentBlockIndex, start: begun }];
}

Deno.test("any stream of events, cut anywhere, gives the same events in their grammar", () => {
  fc.assert(
    fc.property(
      anyStream,
      anyLengths,
      fc.constantFrom([], ["END", " "]),
      (events, lengths, stops) => {
        const replay = () => ({ turn: converseTurn(), translator: bedrockConverse, stops });
        const bytes = streamOf(events);
        const whole = replayStream(replay(), [bytes]);
        const last = assertEventOrder(whole).at(-1)?.name;
        assert(last === "message_stop" || last === "error");
        assertEquals(replayStream(replay(), inLengths(bytes, lengths)), whole);
      },
    ),
    RUNS,
  );
});

Deno.test("any stream folds to a message, or fails with an error of ours", () => {
  fc.assert(
    fc.property(anyStream, (events) => {
      const turn = converseTurn({ request: { stream: false } });
      try {
        const bytes = streamOf(events);
        const { content } = replayFolded({ turn, translator: bedrockConverse }, [bytes]);
        for (const block of content) {
          assert(block.type !== "text" || block.text.trim() !== "");
          assert(block.type !== "tool_use" || isObject(block.input));
        }
      } catch (error) {
        assert(error instanceof GatewayError, `${error}`);
      }
    }),
    RUNS,
  );
});

/** A block of an answer, whole and as the events that bring it. */
interface SoundBlock {
  readonly block: JsonObject;
  readonly pieces: readonly JsonObject[];
  readonly start?: JsonObject;
}

const anyFilled = anyText.filter((text) => text.trim() !== "" && text.isWellFormed());
const anyBlock: fc.Arbitrary<SoundBlock> = fc.oneof(
  fc.array(anyFilled, { minLength: 1, maxLength: 3 }).map((texts): SoundBlock => ({
    block: { text: texts.join("") },
    pieces: texts.map((text) => ({ text })),
  })),
  fc.tuple(anyFilled, fc.base64String()).map(([text, signature]): SoundBlock => ({
    block: { reasoningContent: { reasoningText: { text, signature } } },
    pieces: [{ reasoningContent: { text } }, { reasoningContent: { signature } }],
  })),
  fc.base64String({ minLength: 4 }).map((redactedContent): SoundBlock => ({
    block: { reasoningContent: { redactedContent } },
    pieces: [{ reasoningContent: { redactedContent } }],
  })),
  fc.tuple(fc.uuid(), fc.dictionary(anyFilled, anyFilled)).map(([toolUseId, input]): SoundBlock => {
    const json = JSON.stringify(input);
    return {
      block: { toolUse: { toolUseId, name: "run", input } },
      start: { toolUse: { toolUseId, name: "run" } },
      pieces: [json.slice(0, 3), json.slice(3)].map((part) => ({ toolUse: { input: part } })),
    };
  }),
);

Deno.test("a sound answer is the same message streamed and not", () => {
  fc.assert(
    fc.property(fc.array(anyBlock, { minLength: 1, maxLength: 6 }), (blocks) => {
      const usage = { inputTokens: 3, outputTokens: 4, totalTokens: 7 };
      const events = blocks.flatMap((block, at): ConverseEvent[] => [
        ...(block.start ? [start([at, block.start])] : []),
        ...block.pieces.map((piece) => delta([at, piece])),
        ["contentBlockStop", { contentBlockIndex: at }],
      ]);
      const ends: ConverseEvent[] = [["messageStop", { stopReason: "end_turn" }], [
        "metadata",
        { usage },
      ]];
      const replay = (stream: boolean) => ({
        turn: converseTurn({ request: { stream } }),
        translator: bedrockConverse,
      });
      const sse = replayStream(replay(true), [streamOf([...events, ...ends])]);
      const message = { role: "assistant", content: blocks.map(({ block }) => block) };
      const body = { output: { message }, stopReason: "end_turn", usage };
      assertEquals<unknown>(foldEvents(sse), replayWhole(replay(false), body));
    }),
    RUNS,
  );
});

Deno.test("any bytes at all end in a message or in an error event", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), anyLengths, (garbage, lengths) => {
      const replay = { turn: converseTurn(), translator: bedrockConverse };
      assertEventOrder(replayStream(replay, inLengths(new Uint8Array(garbage), lengths)));
    }),
    RUNS,
  );
});

const TARGETS = [
  ...Object.values(MODELS).map((model) => ({ model })),
  { model: MODELS.claude5, onLoss: "error" as const },
].map((target) => testTarget({ mode: "bedrock_converse", ...target }));

Deno.test("any request becomes the same bytes twice, and a Converse request that is sound", () => {
  fc.assert(
    fc.property(anyRequest, fc.constantFrom(...TARGETS), (request, target) => {
      const translate = () => {
        try {
          const turn = createTurn(parseMessagesRequest(JSON.stringify(request)), target);
          const { body } = bedrockConverse.translateRequest(turn);
          if (request.max_tokens !== 0) assertSound(body);
          return JSON.stringify(body);
        } catch (error) {
          assert(error instanceof GatewayError, `${error}`);
          assertEquals(error.status, 400);
          return error.message;
        }
      };
      assertEquals(translate(), translate());
    }),
    { ...RUNS, numRuns: 2500 },
  );
});

/** Sound as the demo's Bedrock sees it, but for signatures, which are never its own here. */
function assertSound(body: JsonObject): void {
  const messages = (body.messages as { content: JsonObject[] }[]).map((message) => ({
    ...message,
    content: message.content.map((block) => "reasoningContent" in block ? { text: "r" } : block),
  }));
  const read = readConverseRequest({ ...body, messages });
  assert(typeof read !== "string", `${String(read)}: ${JSON.stringify(body)}`);
  const points = JSON.stringify(body).split('"cachePoint":{"type":"default"').length - 1;
  assert(points <= 4, `${points} cache points`);
}
