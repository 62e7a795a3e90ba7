/**
 * The pieces of the hot path, one by one: what an optimisation of one of them is worth.
 *
 *     deno task bench:pieces
 */
import { SseSink } from "../src/anthropic/sse_sink.ts";
import { StreamTracker } from "../src/anthropic/stream_tracker.ts";
import { MessageWriter } from "../src/anthropic/writer.ts";
import { LONG_TEXTS } from "../src/anthropic/long_texts.ts";
import { parseRequestBody } from "../src/anthropic/request_bytes.ts";
import { Activity } from "../src/server/activity.ts";
import { SseDecoder } from "../src/framing/sse.ts";
import { createTurn } from "../src/translators/turn.ts";
import { chatCompletions } from "../src/translators/chat_completions/mod.ts";
import { testTarget, testTurn } from "../tests/support/turn.ts";
import { encodeJson } from "../src/upstream/json_body.ts";
import type { MessagesRequest } from "../src/anthropic/request.ts";
import { requestBody } from "./requests.ts";

const EVENTS = 1_000;
const activity = new Activity();
const encoder = new TextEncoder();

const target = testTarget({ onLoss: "drop" });
const turn = testTurn();
const agentRequest = requestBody({ body: "agent", events: 1, paceMs: 0 });
const agentBody = { bytes: encoder.encode(agentRequest), text: agentRequest };
const parsedRequest = await parseAgentRequest();

const textChunks = payloads((at) => ({ content: ` word${at}` }), "stop");
const callChunks = payloads((at) => ({ tool_calls: [callPiece(at)] }), "tool_calls");
const chatStream = textChunks.map((data) => `data: ${data}\n\n`).join("");
const messagesStream = encoder.encode(translate(textChunks));

Deno.bench("status page: note a request that ended", () => {
  activity.watch({
    ...{ requestId: "req_1", endedAt: Date.now(), durationMs: 50, status: 200, keyName: "x" },
    ...{ method: "POST", path: "/a/v1/messages", target: "a", model: "m", stream: true },
    ...{ firstEventMs: 20, error: undefined },
    tokens: { input: 10, cacheRead: 5, cacheCreation: 1, output: 3 },
  });
});

Deno.bench(`SSE: decode ${EVENTS} events`, () => {
  const decoder = new SseDecoder(() => {});
  decoder.push(chatStream);
  decoder.end();
});

Deno.bench(`SSE: encode ${EVENTS} text deltas`, () => {
  const sink = new SseSink();
  for (let at = 0; at < EVENTS; at++) sink.textDelta(0, ` word${at}`);
  encoder.encode(sink.take());
});

Deno.bench("request of an agent: parse and check", { group: "request" }, async () => {
  await parseAgentRequest();
});

Deno.bench("request of an agent: translate to chat_completions", { group: "request" }, () => {
  chatCompletions.translateRequest(createTurn(parsedRequest, target));
});

Deno.bench(
  "request of an agent: parse, check, translate and write",
  { group: "request" },
  async () => {
    const request = await parseAgentRequest();
    const { body } = chatCompletions.translateRequest(createTurn(request, target));
    await encodeJson(body, request[LONG_TEXTS]);
  },
);

Deno.bench("request of an agent: JSON.parse and JSON.stringify", {
  group: "request",
  baseline: true,
}, () => {
  JSON.stringify(JSON.parse(agentRequest));
});

Deno.bench(`chat_completions: ${EVENTS} text deltas`, () => {
  translate(textChunks);
});

Deno.bench(`chat_completions: ${EVENTS} deltas of a tool call`, () => {
  translate(callChunks);
});

Deno.bench(`anthropic_messages: follow ${EVENTS} events, one a read`, () => {
  const tracker = new StreamTracker();
  const size = Math.ceil(messagesStream.length / EVENTS);
  for (let at = 0; at < messagesStream.length; at += size) {
    tracker.push(messagesStream.subarray(at, at + size));
  }
  if (!tracker.finished) throw new Error("Cannot measure: the stream did not end");
});

function parseAgentRequest(): Promise<MessagesRequest> {
  return parseRequestBody(agentBody, { maxDepth: 2_000 });
}

/** The payloads of a stream with so many deltas, the end marker included. */
function payloads(delta: (at: number) => object, finishReason: string): readonly string[] {
  const chunk = (delta: object, finish: string | null) =>
    JSON.stringify({ id: "c1", choices: [{ index: 0, delta, finish_reason: finish }] });
  const chunks = Array.from({ length: EVENTS }, (_, at) => chunk(delta(at), null));
  return [...chunks, chunk({}, finishReason), "[DONE]"];
}

/** One of the pieces in which the arguments of a call arrive: `[0,1,…]`. */
function callPiece(at: number): object {
  if (at === 0) {
    return { index: 0, id: "call_1", type: "function", function: { name: "f", arguments: "[0" } };
  }
  const end = at === EVENTS - 1 ? "]" : "";
  return { index: 0, function: { arguments: `,${at}${end}` } };
}

/** Runs payloads through the machine and the sink; the events for the client. */
function translate(chunks: readonly string[]): string {
  const sink = new SseSink();
  const writer = new MessageWriter(sink, { model: "bench" });
  const machine = chatCompletions.createStream(turn, writer);
  for (const data of chunks) machine.push(data);
  machine.end({ inputTokens: 1, outputTokens: 1 });
  return sink.take();
}
