import { FoldSink } from "../anthropic/fold.ts";
import { LONG_TEXTS } from "../anthropic/long_texts.ts";
import type { MessagesRequest } from "../anthropic/request.ts";
import { SseSink } from "../anthropic/sse_sink.ts";
import { MessageWriter } from "../anthropic/writer.ts";
import { type FailureAnswer, UpstreamError } from "../errors.ts";
import type { Target } from "../target.ts";
import type { ConvertingTranslator, Recovery, UpstreamCall } from "../translators/translator.ts";
import { createTurn, type Turn } from "../translators/turn.ts";
import { isForeign, readFailure } from "../upstream/failure.ts";
import { sendTranslated } from "../upstream/request.ts";
import type { UpstreamResponse } from "../upstream/http.ts";
import { Exchange } from "../upstream/transport.ts";
import { noteLosses } from "./access_log.ts";
import { noteOrigin, STREAM_HEADERS, translatedHeaders } from "./answer_headers.ts";
import { logBody } from "./body_log.ts";
import type { RequestContext } from "./context.ts";
import { noteKeyRefusal } from "./key_refusals.ts";
import { streamResponse } from "./stream_response.ts";
import {
  type AnswerParts,
  AnswerPump,
  countTokens,
  finishWith,
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
  context.record.upstreamModel = turn.model;
  const call = translator.translateRequest(turn);
  noteLosses(context, turn);
  // A cache that is not ours needs no warming up, and few upstreams take a limit of 0.
  if (turn.request.max_tokens === 0) {
    return localAnswer(context, turn, { stopReason: "max_tokens", explanation: "" });
  }
  const exchange = new Exchange(turn.target, context.signal);
  const parts: AnswerParts = {
    turn,
    translator,
    exchange,
    emulatedStops: call.emulatedStops,
    connect: () => connect(context, exchange, { turn, call }),
  };
  try {
    return turn.request.stream
      ? await streamAnswer(context, parts)
      : await wholeAnswer(context, parts, call.stream);
  } catch (error) {
    exchange.abort();
    throw error;
  }
}

async function connect(
  context: RequestContext,
  exchange: Exchange,
  { turn, call }: { readonly turn: Turn; readonly call: UpstreamCall },
): Promise<UpstreamResponse> {
  logBody(context, "upstream request", () => {
    const json = JSON.stringify(call.body);
    return turn.request[LONG_TEXTS]?.restoredJson(json) ?? json;
  });
  const response = await sendTranslated(exchange, turn, call);
  noteOrigin(context.record, turn.target, response.headers);
  if (response.ok && !isForeign(response)) return response;
  throw noteKeyRefusal(context.services, turn, await readFailure(response, exchange, turn));
}

function streamAnswer(context: RequestContext, parts: AnswerParts): Promise<Response> {
  const { turn } = parts;
  return streamResponse(context, new TranslatedAnswer(parts), {
    turn,
    headers: () => translatedHeaders(context.record, turn.losses),
  });
}

async function wholeAnswer(
  context: RequestContext,
  parts: AnswerParts,
  isStream: boolean,
): Promise<Response> {
  const sink = new FoldSink();
  const pump = new AnswerPump(parts, sink);
  try {
    if (isStream) { while (await pump.step()); }
    else await pump.whole();
  } finally {
    pump.close();
  }
  const { message } = sink;
  context.count(countTokens(message));
  logBody(context, "answer", () => JSON.stringify(message));
  return Response.json(message, {
    headers: translatedHeaders(context.record, parts.turn.losses),
  });
}

/** A finished message without an upstream's help, streamed or not as the client wants it. */
function localAnswer(context: RequestContext, turn: Turn, answer: FailureAnswer): Response {
  const headers = translatedHeaders(context.record, turn.losses);
  const { model } = turn.request;
  if (!turn.request.stream) {
    const sink = new FoldSink();
    finishWith(new MessageWriter(sink, { model }), answer);
    return Response.json(sink.message, { headers });
  }
  const sink = new SseSink();
  finishWith(new MessageWriter(sink, { model }), answer);
  return new Response(sink.take(), { headers: { ...headers, ...STREAM_HEADERS } });
}
