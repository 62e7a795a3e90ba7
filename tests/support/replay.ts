import { errorEvent } from "../../src/anthropic/error_body.ts";
import { FoldSink } from "../../src/anthropic/fold.ts";
import type { Message } from "../../src/anthropic/message.ts";
import type { MessageSink } from "../../src/anthropic/sink.ts";
import { SseSink } from "../../src/anthropic/sse_sink.ts";
import { MessageWriter } from "../../src/anthropic/writer.ts";
import { createFrames } from "../../src/framing/frames.ts";
import type { ConvertingTranslator, StreamTranslator } from "../../src/translators/translator.ts";
import type { Turn } from "../../src/translators/turn.ts";

/** What stands in where an upstream tells no usage. */
export const ESTIMATE = { inputTokens: 11, outputTokens: 7 } as const;

/** One answer on its way from an upstream to a client. */
export interface Replay {
  readonly turn: Turn;
  readonly translator: ConvertingTranslator;
  readonly stops?: readonly string[];
}

/** The SSE text that a client gets for an upstream's bytes; a failure is its last event. */
export function replayStream(
  replay: Replay,
  chunks: readonly Uint8Array<ArrayBuffer>[],
): string {
  const sink = new SseSink();
  const { machine, writer } = start(replay, sink);
  try {
    feed({ replay, machine, writer }, chunks);
  } catch (error) {
    return sink.take() + errorEvent(error, "req_test");
  }
  return sink.take();
}

/**
 * The message that a client without streaming gets for an upstream's stream.
 *
 * @throws {GatewayError} If the stream fails.
 */
export function replayFolded(
  replay: Replay,
  chunks: readonly Uint8Array<ArrayBuffer>[],
): Message {
  const sink = new FoldSink();
  const { machine, writer } = start(replay, sink);
  feed({ replay, machine, writer }, chunks);
  return sink.message;
}

/**
 * The message that a client gets for an upstream's whole answer.
 *
 * @throws {GatewayError} If the answer is an error or says nothing.
 */
export function replayWhole(replay: Replay, body: unknown): Message {
  const sink = new FoldSink();
  const { machine } = start(replay, sink);
  machine.pushWhole(body);
  machine.end(ESTIMATE);
  return sink.message;
}

/** Payloads as the frames of one SSE text. */
export function sseOf(payloads: readonly (string | object)[], lineEnd = "\n"): string {
  return payloads.map((payload) =>
    `data: ${typeof payload === "string" ? payload : JSON.stringify(payload)}${lineEnd}${lineEnd}`
  ).join("");
}

/** UTF-8 bytes of a text. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function start(
  { turn, translator, stops = [] }: Replay,
  sink: MessageSink,
): { readonly machine: StreamTranslator; readonly writer: MessageWriter } {
  const writer = new MessageWriter(sink, {
    model: turn.request.model,
    stopSequences: stops,
    hideThinking: turn.hideThinking,
  });
  // In place of the id in the answer's head, without which every message has another one.
  if (translator.framing === "aws_event_stream") writer.identify("replay");
  return { machine: translator.createStream(turn, writer), writer };
}

/** Reads as the server does: until the end, or until a stop sequence makes the rest worthless. */
function feed(
  { replay, machine, writer }: {
    readonly replay: Replay;
    readonly machine: StreamTranslator;
    readonly writer: MessageWriter;
  },
  chunks: readonly Uint8Array<ArrayBuffer>[],
): void {
  const { framing } = replay.translator;
  const frames = createFrames(framing, (data, event) => machine.push(data, event));
  for (const chunk of chunks) {
    if (writer.matchedStop !== undefined) break;
    frames.push(chunk);
  }
  // A stream that nobody reads to its end may stop anywhere.
  if (writer.matchedStop === undefined) frames.end();
  machine.end(ESTIMATE);
}
