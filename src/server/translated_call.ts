import { FoldSink } from "../anthropic/fold.ts";
import { NO_USAGE } from "../anthropic/message.ts";
import type { MessagesRequest } from "../anthropic/request.ts";
import type { MessageSink } from "../anthropic/sink.ts";
import { SseSink } from "../anthropic/sse_sink.ts";
import { MessageWriter } from "../anthropic/writer.ts";
import { type FailureAnswer, UpstreamError } from "../errors.ts";
import type { Target } from "../target.ts";
import type { ConvertingTranslator, Recovery, UpstreamCall } from "../translators/translator.ts";
import { createTurn, type Turn } from "../translators/turn.ts";
import { isForeign, readFailure } from "../upstream/failure.ts";
import { translatedHttpCall } from "../upstream/request.ts";
import { Exchange } from "../upstream/transport.ts";
import { noteLosses } from "./access_log.ts";
import { STREAM_HEADERS, translatedHeaders, upstreamRequestId } from "./answer_headers.ts";
import { openClientStream } from "./client_stream.ts";
import type { RequestContext } from "./context.ts";
import {
  type AnswerParts,
  AnswerPump,
  countTokens,
  TranslatedAnswer,
} from "./translated_answer.ts";
import { turnOptions } from "./turn_options.ts";

/**
 * Asks a target that speaks another protocol, and answers in Anthropic's.
 *
 * Asks once more where the translator knows another way after a refusal.
 *
 * @throws {GatewayError} If the target cannot answer.
 */
export async function answerTranslated(
  context: RequestContext,
  request: MessagesRequest,
  to: { readonly target: Target; readonly translator: ConvertingTranslator },
): Promise<Response> {
  const { target, translator } = to;
  const options = turnOptions(context, target, request.model);
  const turn = createTurn(request, target, options);
  try {
    return await answerOnce(context, turn, translator);
  } catch (error) {
    const recovery = error instanceof UpstreamError ? translator.recover?.(turn, error) : undefined;
    if (!recovery) throw error;
    const again = createTurn(request, target, {
      ...options,
      learned: { ...options.learned, ...recovery.quirks },
    });
    noteRecovery(recovery, again);
    const answer = await answerOnce(context, again, translator);
    if (recovery.remember) context.services.learned.add(target, again.model, recovery.quirks);
    return answer;
  }
}

function noteRecovery({ quirks }: Recovery, turn: Turn): void {
  turn.warn(`asked again with ${Object.keys(quirks).join(", ")} changed`);
  if (quirks.thinking_never) turn.losses.warn("thinking", "thinking");
}

async function answerOnce(
  context: RequestContext,
  turn: Turn,
  translator: ConvertingTranslator,
): Promise<Response> {
  const call = translator.translateRequest(turn);
  noteLosses(context, turn);
  // A cache that is not ours needs no warming up, and few upstreams take a limit of 0.
  if (turn.request.max_tokens === 0) {
    return localAnswer(context, turn, { stopReason: "max_tokens", explanation: "" });
  }
  const exchange = new Exchange(turn.target, context.request.signal);
  try {
    return await exchangeOnce(context, exchange, { turn, translator, call });
  } catch (error) {
    exchange.abort();
    if (error instanceof UpstreamError && error.answer) {
      return localAnswer(context, turn, error.answer);
    }
    throw error;
  }
}

interface CallParts {
  readonly turn: Turn;
  readonly translator: ConvertingTranslator;
  readonly call: UpstreamCall;
}

async function exchangeOnce(
  context: RequestContext,
  exchange: Exchange,
  { turn, translator, call }: CallParts,
): Promise<Response> {
  const response = await exchange.send(translatedHttpCall(turn, call));
  const { record } = context;
  record.answeredBy = turn.target.name;
  const id = upstreamRequestId(response.headers);
  if (id) record.upstreamRequestId = id;
  if (!response.ok || isForeign(response)) throw await readFailure(response, exchange, turn);
  const parts: AnswerParts = {
    turn,
    translator,
    exchange,
    response,
    emulatedStops: call.emulatedStops,
  };
  const headers = translatedHeaders(record, turn.losses, response.headers);
  return turn.request.stream
    ? await streamAnswer(context, parts, headers)
    : await wholeAnswer(context, parts, { headers, stream: call.stream });
}

async function streamAnswer(
  context: RequestContext,
  parts: AnswerParts,
  headers: Record<string, string>,
): Promise<Response> {
  const source = new TranslatedAnswer(parts);
  const body = await openClientStream(source, {
    requestId: context.requestId,
    pingIntervalMs: parts.turn.target.pingIntervalMs,
    streams: context.services.streams,
    onEnd: (error) => context.finish(source.tokens, error),
  });
  context.streaming();
  return new Response(body, { headers: { ...headers, ...STREAM_HEADERS } });
}

async function wholeAnswer(
  context: RequestContext,
  parts: AnswerParts,
  { headers, stream }: { readonly headers: Record<string, string>; readonly stream: boolean },
): Promise<Response> {
  const sink = new FoldSink();
  const pump = new AnswerPump(parts, sink);
  try {
    if (stream) { while (await pump.step()); }
    else await pump.whole();
  } finally {
    pump.close();
  }
  const { message } = sink;
  context.count(countTokens(message));
  return Response.json(message, { headers });
}

/** A finished message without an upstream's help, streamed or not as the client wants it. */
function localAnswer(context: RequestContext, turn: Turn, answer: FailureAnswer): Response {
  const headers = translatedHeaders(context.record, turn.losses, undefined);
  if (!turn.request.stream) {
    const sink = new FoldSink();
    writeAnswer(sink, turn, answer);
    return Response.json(sink.message, { headers });
  }
  const sink = new SseSink();
  writeAnswer(sink, turn, answer);
  return new Response(sink.take(), { headers: { ...headers, ...STREAM_HEADERS } });
}

function writeAnswer(
  sink: MessageSink,
  turn: Turn,
  { stopReason, explanation }: FailureAnswer,
): void {
  const writer = new MessageWriter(sink, { model: turn.request.model });
  const stopDetails = stopReason === "refusal"
    ? { type: "refusal" as const, category: null, explanation: explanation || null }
    : null;
  writer.finish(stopReason, NO_USAGE, { stopDetails });
}
