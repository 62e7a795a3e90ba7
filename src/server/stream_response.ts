import type { Turn } from "../translators/turn.ts";
import { STREAM_HEADERS } from "./answer_headers.ts";
import type { AnswerSource } from "./answer_source.ts";
import { loggedAnswer } from "./body_log.ts";
import { COMMIT_WINDOW_MS, openClientStream } from "./client_stream.ts";
import type { RequestContext } from "./context.ts";

/**
 * Sends an answer as events, once it has begun well.
 *
 * `headers` makes the headers when it has: only then is it known who answered.
 *
 * @throws {GatewayError} If the upstream fails before; it can still be answered with a status.
 */
export async function streamResponse(
  context: RequestContext,
  source: AnswerSource,
  { turn, headers }: {
    readonly turn: Turn;
    readonly headers: () => Readonly<Record<string, string>>;
  },
): Promise<Response> {
  const { record, services } = context;
  const body = await openClientStream(loggedAnswer(context, source), {
    requestId: context.requestId,
    pingIntervalMs: turn.target.pingIntervalMs,
    commitWindowMs: services.commitWindowMs ?? COMMIT_WINDOW_MS,
    signal: context.signal,
    onEnd: (error) => context.finish(source.tokens, error),
  });
  context.streaming();
  // Of an upstream that is still silent only this is known: no other will answer now.
  record.answeredBy ??= turn.target.name;
  return new Response(body, { headers: { ...headers(), ...STREAM_HEADERS } });
}
