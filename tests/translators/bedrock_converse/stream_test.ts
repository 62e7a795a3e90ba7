import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Message } from "../../../src/anthropic/message.ts";
import { GatewayError, UpstreamError, UpstreamProtocolError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/json.ts";
import { bedrockConverse } from "../../../src/translators/bedrock_converse/mod.ts";
import { openEnvelope } from "../../../src/translators/common/envelope.ts";
import {
  answerEvents,
  type ConverseEvent,
  converseTurn,
  framesOf,
  MODELS,
  streamOf,
} from "../../support/converse.ts";
import { assertEventOrder } from "../../support/events.ts";
import { foldEvents } from "../../support/fold_events.ts";
import {
  bytesOf,
  ESTIMATE,
  replayFolded,
  replayStream,
  replayWhole,
} from "../../support/replay.ts";
import type { TurnParts } from "../../support/turn.ts";

const delta = (contentBlockIndex: number, piece: JsonObject): ConverseEvent => [
  "contentBlockDelta",
  { contentBlockIndex, delta: piece, p: "abcdef" },
];
const text = (index: number, value: string) => delta(index, { text: value });
const think = (index: number, value: string) => delta(index, { reasoningContent: { text: value } });
const sign = (index: number, signature: string) =>
  delta(index, { reasoningContent: { signature } });
const redact = (index: number, redactedContent: string) =>
  delta(index, { reasoningContent: { redactedContent } });
const begin = (contentBlockIndex: number, toolUseId: string, name = "run"): ConverseEvent => [
  "contentBlockStart",
  { contentBlockIndex, start: { toolUse: { toolUseId, name } } },
];
const args = (index: number, input: string) => delta(index, { toolUse: { input } });
const stop = (contentBlockIndex: number): ConverseEvent => [
  "contentBlockStop",
  { contentBlockIndex },
];
const START: ConverseEvent = ["messageStart", { role: "assistant" }];
const METADATA: ConverseEvent = ["metadata", { usage: { inputTokens: 1, outputTokens: 2 } }];
const end = (stopReason: string, fields: JsonObject = {}): ConverseEvent => [
  "messageStop",
  { stopReason, ...fields },
];
const SIG = "EqQBCgIYAhIM";

const TOOLS = [{ name: "run", input_schema: { type: "object" } }];

/** A turn whose request was translated, so that the names of its tools are known. */
function turnOf(parts: TurnParts = {}, stream = true) {
  const request = { tools: TOOLS, ...parts.request, stream };
  const turn = converseTurn({ ...parts, request });
  const { emulatedStops } = bedrockConverse.translateRequest(turn);
  return { turn, translator: bedrockConverse, stops: emulatedStops };
}

/** The message of a stream, which must be the same for a client that streams and one that does not. */
function read(events: readonly ConverseEvent[], parts: TurnParts = {}): Message {
  const bytes = streamOf(events);
  const folded = replayFolded(turnOf(parts, false), [bytes]);
  const sse = replayStream(turnOf(parts), [bytes]);
  assertEquals(assertEventOrder(sse).at(-1)?.name, "message_stop");
  const streamed = foldEvents(sse) as unknown as Message;
  assertEquals(streamed.content, folded.content);
  assertEquals(
    [streamed.stop_reason, streamed.stop_sequence, streamed.stop_details],
    [folded.stop_reason, folded.stop_sequence, folded.stop_details],
  );
  return folded;
}

/** What a message says, in short: `T` text, `R` reasoning, `X` redacted, `name(input)` a call. */
function short({ content }: Message): string {
  return content.map((block) => {
    switch (block.type) {
      case "text":
        return `T:${block.text}`;
      case "thinking":
        return `R:${block.thinking}`;
      case "redacted_thinking":
        return `X:${block.data}`;
      case "tool_use":
        return `${block.name}#${block.id}${JSON.stringify(block.input)}`;
      default:
        return block.type;
    }
  }).join(" ");
}

interface Case {
  readonly name: string;
  readonly events: readonly ConverseEvent[];
  readonly want: string;
  readonly stopReason?: string;
}

const CASES: readonly Case[] = [
  {
    name: "blocks that begin without a word",
    events: answerEvents([
      think(0, "hm"),
      sign(0, SIG),
      stop(0),
      text(1, "a"),
      text(1, "b"),
      stop(1),
    ]),
    want: "R:hm T:ab",
  },
  {
    name: "no block that stays empty",
    events: answerEvents([text(0, ""), stop(0), think(1, "hm"), stop(1), text(2, "a"), stop(2)]),
    want: "R:hm T:a",
  },
  {
    name: "text that is announced with nothing",
    events: answerEvents([
      ["contentBlockStart", { contentBlockIndex: 0, start: {} }],
      text(0, "a"),
      stop(0),
    ]),
    want: "T:a",
  },
  {
    name: "a last block that does not say that it ended",
    events: answerEvents([text(0, "a"), begin(1, "t1"), args(1, "{}")], "tool_use"),
    want: "T:a run#t1{}",
    stopReason: "tool_use",
  },
  {
    name: "two texts as two blocks",
    events: answerEvents([text(0, "a"), stop(0), text(1, "b"), stop(1)]),
    want: "T:a T:b",
  },
  {
    name: "redacted reasoning as it is",
    events: answerEvents([redact(0, "EmwKAhgB/+=="), stop(0), text(1, "a")]),
    want: "X:EmwKAhgB/+== T:a",
  },
  {
    name: "reasoning between calls",
    events: answerEvents([
      think(0, "1"),
      sign(0, SIG),
      stop(0),
      text(1, "a"),
      stop(1),
      think(2, "2"),
      sign(2, SIG),
      stop(2),
      begin(3, "t1"),
      stop(3),
    ], "tool_use"),
    want: "R:1 T:a R:2 run#t1{}",
    stopReason: "tool_use",
  },
  {
    name: "calls whose arguments are interleaved",
    events: answerEvents([
      begin(0, "t1"),
      begin(1, "t2"),
      args(0, '{"a":'),
      args(1, '{"b":'),
      args(0, "1}"),
      args(1, "2}"),
      stop(0),
      stop(1),
    ], "tool_use"),
    want: 'run#t1{"a":1} run#t2{"b":2}',
    stopReason: "tool_use",
  },
  {
    name: "text of another block while a call goes on",
    events: answerEvents([
      begin(0, "t1"),
      args(0, '{"a":'),
      text(1, "later"),
      args(0, "1}"),
      stop(0),
      stop(1),
    ], "tool_use"),
    want: 'run#t1{"a":1} T:later',
    stopReason: "tool_use",
  },
  {
    name: "a call without arguments",
    events: answerEvents([begin(0, "t1"), args(0, ""), stop(0)], "tool_use"),
    want: "run#t1{}",
    stopReason: "tool_use",
  },
  {
    name: "calls though the end is an ordinary one",
    events: answerEvents([begin(0, "t1"), args(0, "{}"), stop(0)], "end_turn"),
    want: "run#t1{}",
    stopReason: "tool_use",
  },
  {
    name: "an announced call that never came",
    events: answerEvents([text(0, "a")], "tool_use"),
    want: "T:a",
  },
  {
    name: "arguments that the limit cut, as a cut answer",
    events: answerEvents([begin(0, "t1"), args(0, '{"a":1,"b":"x'), stop(0)], "max_tokens"),
    want: 'run#t1{"a":1}',
    stopReason: "max_tokens",
  },
  {
    name: "a full context window",
    events: answerEvents([text(0, "a")], "model_context_window_exceeded"),
    want: "T:a",
    stopReason: "model_context_window_exceeded",
  },
  {
    name: "filtered content",
    events: answerEvents([text(0, "a")], "content_filtered"),
    want: "T:a",
    stopReason: "refusal",
  },
  {
    name: "an end that nobody knows",
    events: answerEvents([text(0, "a")], "bored"),
    want: "T:a",
  },
  {
    name: "text before output that cannot be read",
    events: answerEvents([text(0, "a"), stop(0)], "malformed_model_output"),
    want: "T:a",
  },
  {
    name: "metadata before the end",
    events: [START, text(0, "a"), stop(0), METADATA, end("end_turn")],
    want: "T:a",
  },
  {
    name: "no beginning, events nobody knows, and pieces nobody knows",
    events: [
      ["initialResponse", {}],
      text(0, "a"),
      delta(0, { video: {} }),
      delta(0, { citation: { title: "t" } }),
      ["contentBlockStart", { contentBlockIndex: 5, start: { image: { format: "png" } } }],
      end("end_turn"),
      METADATA,
    ],
    want: "T:a",
  },
  {
    name: "an answer of nothing",
    events: answerEvents([]),
    want: "",
  },
];

for (const { name, events, want, stopReason = "end_turn" } of CASES) {
  Deno.test(`ConverseStream writes ${name}`, () => {
    const message = read(events);
    assertEquals([short(message), message.stop_reason], [want, stopReason]);
  });
}

Deno.test("ConverseStream keeps Claude's signature as it is", () => {
  const [block] =
    read(answerEvents([think(0, "hm"), sign(0, "Eq"), sign(0, "QB"), stop(0)])).content;
  assertEquals(block, { type: "thinking", thinking: "hm", signature: "EqQB" });
  const [hidden] = read(answerEvents([think(0, ""), sign(0, SIG), stop(0)])).content;
  assertEquals(hidden, { type: "thinking", thinking: "", signature: SIG });
});

/** What the state of a message's first block says. */
function stateOf({ content: [block] }: Message) {
  assert(block?.type === "thinking" || block?.type === "redacted_thinking");
  const envelope = openEnvelope(block.type === "thinking" ? block.signature : block.data);
  return { shown: block.type === "thinking" ? block.thinking : undefined, envelope };
}

Deno.test("ConverseStream signs for itself what its maker did not sign", () => {
  const message = read(answerEvents([think(0, "hm"), stop(0), text(1, "a")]), {
    model: MODELS.qwen,
  });
  const { envelope, shown } = stateOf(message);
  assertEquals([shown, envelope?.k, envelope?.m], ["hm", "rc", MODELS.qwen]);
});

Deno.test("ConverseStream wraps what others than Claude sign or redact", () => {
  const parts = { model: MODELS.nova2 };
  const signed = stateOf(read(answerEvents([think(0, "hm"), sign(0, "n")]), parts));
  assertEquals([signed.envelope?.k, signed.envelope?.d], ["br", { sig: "n" }]);
  const redacted = stateOf(read(answerEvents([redact(0, "AAEC")]), parts));
  assertEquals([redacted.envelope?.k, redacted.envelope?.d], ["br", { data: "AAEC" }]);
});

Deno.test("ConverseStream carries the text of thinking that the client does not want to see", () => {
  const request = {
    max_tokens: 9000,
    thinking: { type: "enabled", budget_tokens: 2000, display: "omitted" },
  };
  const message = read(answerEvents([think(0, "hm"), sign(0, SIG), stop(0), text(1, "a")]), {
    request,
  });
  const { envelope, shown } = stateOf(message);
  assertEquals([shown, envelope?.k, envelope?.d], ["", "br", { sig: SIG, t: "hm" }]);
});

for (
  const { name, fields, stops, want } of [
    {
      name: "Claude names",
      fields: { additionalModelResponseFields: { delta: { stop_sequence: "B" } } },
      stops: ["A", "B"],
      want: "B",
    },
    { name: "can only be one", fields: {}, stops: ["A"], want: "A" },
    {
      name: "is anybody's guess",
      fields: { additionalModelResponseFields: { delta: { stop_sequence: null } } },
      stops: ["A", "B"],
      want: null,
    },
  ] satisfies { name: string; fields: JsonObject; stops: string[]; want: string | null }[]
) {
  Deno.test(`ConverseStream tells the stop sequence that ${name}`, () => {
    const events = [START, text(0, "a"), end("stop_sequence", fields), METADATA];
    const message = read(events, { request: { stop_sequences: stops } });
    assertEquals([message.stop_reason, message.stop_sequence], ["stop_sequence", want]);
  });
}

Deno.test("ConverseStream stops at a sequence that the gateway watches for", () => {
  const parts = { model: MODELS.gptOss, request: { stop_sequences: ["END"] } };
  const message = read(answerEvents([text(0, "ab E"), text(0, "ND c"), stop(0)]), parts);
  assertEquals([short(message), message.stop_reason, message.stop_sequence], [
    "T:ab ",
    "stop_sequence",
    "END",
  ]);
  assertEquals(message.usage.output_tokens, ESTIMATE.outputTokens);
});

Deno.test("ConverseStream tells why a guardrail stepped in, and keeps its words", () => {
  const trace = { guardrail: { actionReason: "Topic denied." } };
  const events = [START, text(0, "Sorry."), end("guardrail_intervened"), ["metadata", { trace }]];
  const message = read(events as ConverseEvent[]);
  assertEquals([short(message), message.stop_reason], ["T:Sorry.", "refusal"]);
  assertEquals(message.stop_details, {
    type: "refusal",
    category: null,
    explanation: "Topic denied.",
  });
});

Deno.test("ConverseStream estimates usage that never came", () => {
  const { usage } = read([START, text(0, "a"), stop(0), end("end_turn")]);
  assertEquals([usage.input_tokens, usage.output_tokens], [
    ESTIMATE.inputTokens,
    ESTIMATE.outputTokens,
  ]);
});

Deno.test("ConverseStream drops a call that cannot be read, if it can", () => {
  const events = answerEvents(
    [text(0, "a"), stop(0), begin(1, "t1"), args(1, '{"a'), stop(1)],
    "malformed_tool_use",
  );
  const message = replayFolded(turnOf({}, false), [streamOf(events)]);
  assertEquals([short(message), message.stop_reason], ["T:a", "end_turn"]);
  // What a client that streams has already cannot be taken back.
  const sse = replayStream(turnOf(), [streamOf(events)]);
  assertEquals(assertEventOrder(sse).at(-1)?.name, "error");
});

for (
  const { name, events } of [
    {
      name: "malformed output and nothing else",
      events: answerEvents([], "malformed_model_output"),
    },
    {
      name: "a malformed call and nothing else",
      events: answerEvents([begin(0, "t1"), args(0, '{"a'), stop(0)], "malformed_tool_use"),
    },
  ]
) {
  Deno.test(`ConverseStream fails on ${name}`, () => {
    const error = assertThrows(
      () => replayFolded(turnOf({}, false), [streamOf(events)]),
      UpstreamError,
    );
    assertEquals([error.status, error.type], [500, "api_error"]);
  });
}

for (
  const { name, events, message } of [
    { name: "nothing came", events: [], message: "empty answer" },
    { name: "nothing but a beginning came", events: [START], message: "empty answer" },
    { name: "the answer is cut", events: [START, text(0, "a")], message: "before it was complete" },
    {
      name: "a call is cut",
      events: [START, begin(0, "t1"), args(0, '{"a":1}'), stop(0), METADATA],
      message: "before it was complete",
    },
  ]
) {
  Deno.test(`ConverseStream fails where ${name}`, () => {
    assertThrows(
      () => replayFolded(turnOf({}, false), [streamOf(events)]),
      UpstreamProtocolError,
      message,
    );
  });
}

const EXCEPTIONS: readonly (readonly [event: ConverseEvent, status: number, type: string])[] = [
  [["exception:internalServerException", { message: "oops" }], 500, "api_error"],
  [
    ["exception:modelStreamErrorException", { message: "oops", originalStatusCode: 500 }],
    500,
    "api_error",
  ],
  [
    ["exception:modelStreamErrorException", {
      originalMessage: "bad image",
      originalStatusCode: 400,
    }],
    400,
    "invalid_request_error",
  ],
  [["exception:serviceUnavailableException", { message: "busy" }], 529, "overloaded_error"],
  [["exception:throttlingException", { message: "slow down" }], 429, "rate_limit_error"],
  [["exception:validationException", { message: "bad" }], 400, "invalid_request_error"],
  [["exception:modelTimeoutException", { message: "late" }], 504, "timeout_error"],
  [["exception:accessDeniedException", { Message: "no" }], 403, "permission_error"],
  [["exception:newException", "not JSON"], 500, "api_error"],
  [["exception:newException", {}], 500, "api_error"],
  [["error:InternalFailure", "oops"], 500, "api_error"],
];

for (const [event, status, type] of EXCEPTIONS) {
  const [name, payload] = event;
  Deno.test(`ConverseStream maps ${name} ${JSON.stringify(payload)}`, () => {
    const error = assertThrows(() => replayFolded(turnOf(), [streamOf([event])]), GatewayError);
    assertEquals([error.status, error.type], [status, type]);
    const sse = replayStream(turnOf(), [streamOf([START, text(0, "a"), event])]);
    const last = assertEventOrder(sse).at(-1);
    assertEquals(last?.name, "error");
    assertEquals((last?.data.error as JsonObject).type, type);
  });
}

Deno.test("ConverseStream tells of an overflow in Anthropic's words", () => {
  const message = "Input is too long for requested model.";
  const events: ConverseEvent[] = [["exception:validationException", { message }]];
  const error = assertThrows(() => replayFolded(turnOf(), [streamOf(events)]), UpstreamError);
  assertEquals([error.status, error.message], [400, "prompt is too long"]);
});

Deno.test("ConverseStream lets an answer stand that an exception follows", () => {
  const { turn, translator } = turnOf();
  const events: ConverseEvent[] = [START, text(0, "a"), end("end_turn"), [
    "exception:internalServerException",
    { message: "oops" },
  ]];
  const message = replayFolded({ turn, translator }, [streamOf(events)]);
  assertEquals(short(message), "T:a");
  assert(turn.warnings.some((warning) => warning.includes("after the end")));
});

Deno.test("ConverseStream gives up on payloads that are no JSON", () => {
  const events: ConverseEvent[] = [START, ["contentBlockDelta", "{"], ["contentBlockDelta", "x"], [
    "contentBlockDelta",
    "",
  ], ["contentBlockDelta", "]"]];
  assertThrows(() => replayFolded(turnOf(), [streamOf(events)]), UpstreamProtocolError, "not JSON");
});

Deno.test("ConverseStream maps a JSON error in a stream's place", () => {
  const body = '{"message":"The security token is expired","__type":"ExpiredTokenException"}';
  const error = assertThrows(() => replayFolded(turnOf(), [bytesOf(body)]), UpstreamError);
  assert(error.message.includes("The security token is expired"), error.message);
});

Deno.test("ConverseStream reads every cut of a stream alike", () => {
  const frames = framesOf(
    answerEvents([
      think(0, "hm"),
      sign(0, SIG),
      text(1, "äöü"),
      begin(2, "t1"),
      args(2, '{"ä":"ö"}'),
    ], "tool_use"),
  );
  const bytes = streamOf(
    answerEvents([
      think(0, "hm"),
      sign(0, SIG),
      text(1, "äöü"),
      begin(2, "t1"),
      args(2, '{"ä":"ö"}'),
    ], "tool_use"),
  );
  const whole = replayStream(turnOf(), frames);
  for (let at = 1; at < bytes.length; at++) {
    assertEquals(replayStream(turnOf(), [bytes.slice(0, at), bytes.slice(at)]), whole);
  }
});

const WHOLE = (content: readonly JsonObject[], more: JsonObject = {}) => ({
  output: { message: { role: "assistant", content } },
  stopReason: "end_turn",
  usage: { inputTokens: 1, outputTokens: 2 },
  ...more,
});

Deno.test("ConverseStream reads a whole answer in the order of its blocks", () => {
  const content = [
    { reasoningContent: { reasoningText: { text: "hm", signature: SIG } } },
    { reasoningContent: { redactedContent: "AAEC" } },
    { text: "" },
    { citationsContent: { content: [{ text: "cited" }], citations: [] } },
    { toolUse: { toolUseId: "t1", name: "run", input: { a: 1 } } },
    { video: {} },
  ];
  const stopSequence = { additionalModelResponseFields: { stop_sequence: "B" } };
  const message = replayWhole(turnOf({}, false), WHOLE(content, stopSequence));
  assertEquals(short(message), 'R:hm X:AAEC T:cited run#t1{"a":1}');
  assertEquals([message.stop_reason, message.usage.output_tokens], ["tool_use", 2]);
});

Deno.test("ConverseStream tells the stop sequence of a whole answer", () => {
  const more = {
    stopReason: "stop_sequence",
    additionalModelResponseFields: { stop_sequence: "B" },
  };
  const request = { stop_sequences: ["A", "B"] };
  const message = replayWhole(turnOf({ request }, false), WHOLE([{ text: "a" }], more));
  assertEquals([message.stop_reason, message.stop_sequence], ["stop_sequence", "B"]);
});

Deno.test("ConverseStream fails on a whole answer that is an error, or nothing", () => {
  const whole = (body: unknown) => () => replayWhole(turnOf({}, false), body);
  assertThrows(whole({ message: "bad", __type: "ValidationException" }), UpstreamError, "bad");
  assertThrows(whole({ Output: {} }), UpstreamProtocolError, "no output");
  assertThrows(whole([]), UpstreamProtocolError, "not an object");
});
