import { UpstreamProtocolError } from "../errors.ts";
import { isObject, type JsonObject, tryParseJson } from "../json.ts";
import type { Target } from "../target.ts";
import type { RawBody, RelayTranslator } from "../translators/translator.ts";
import { createTurn, type Turn } from "../translators/turn.ts";
import { BodyReader } from "../upstream/body.ts";
import { isForeign, readRelayedFailure } from "../upstream/failure.ts";
import { relayedHttpCall } from "../upstream/request.ts";
import { Exchange } from "../upstream/transport.ts";
import { noteLosses } from "./access_log.ts";
import { relayedHeaders, STREAM_HEADERS, upstreamRequestId } from "./answer_headers.ts";
import { openClientStream } from "./client_stream.ts";
import type { RequestContext, Tokens } from "./context.ts";
import { RelayedAnswer } from "./relayed_answer.ts";
import { turnOptions } from "./turn_options.ts";

/** What is relayed, and where. */
export interface RelayRequest {
  readonly target: Target;
  readonly translator: RelayTranslator;
  readonly raw: RawBody;
  /** Path below the target, such as `/v1/messages`. */
  readonly path: string;
}

/**
 * Relays a request to a target that speaks Anthropic's own protocol: bytes pass both ways.
 *
 * @throws {GatewayError} If the target cannot answer.
 */
export async function answerRelayed(
  context: RequestContext,
  { target, translator, raw, path }: RelayRequest,
): Promise<Response> {
  const turn = createTurn(raw.request, target, turnOptions(context, target, raw.request.model));
  const { request, record } = context;
  const query = new URL(request.url).search;
  const call = relayedHttpCall(turn, translator, { raw, headers: request.headers, path, query });
  noteLosses(context, turn);
  const exchange = new Exchange(target, request.signal);
  try {
    const response = await exchange.send(call);
    record.answeredBy = target.name;
    const id = upstreamRequestId(response.headers);
    if (id) record.upstreamRequestId = id;
    if (!response.ok || isForeign(response)) {
      throw await readRelayedFailure(response, exchange, turn);
    }
    return isEventStream(response)
      ? await relayStream(context, { turn, translator, exchange, response })
      : await relayWhole(context, turn, { exchange, response });
  } catch (error) {
    exchange.abort();
    throw error;
  }
}

async function relayStream(
  context: RequestContext,
  parts: ConstructorParameters<typeof RelayedAnswer>[0],
): Promise<Response> {
  const { turn, response } = parts;
  const source = new RelayedAnswer(parts);
  const body = await openClientStream(source, {
    requestId: context.requestId,
    pingIntervalMs: turn.target.pingIntervalMs,
    streams: context.services.streams,
    onEnd: (error) => context.finish(source.tokens, error),
  });
  context.streaming();
  const headers = relayedHeaders(context.record, turn.losses, response.headers);
  for (const [name, value] of Object.entries(STREAM_HEADERS)) headers.set(name, value);
  return new Response(body, { headers });
}

async function relayWhole(
  context: RequestContext,
  turn: Turn,
  { exchange, response }: { readonly exchange: Exchange; readonly response: Response },
): Promise<Response> {
  const text = await new BodyReader(response.body, exchange).text();
  exchange.close();
  const body = tryParseJson(text);
  if (!isObject(body)) {
    throw new UpstreamProtocolError(`Target '${turn.target.name}' answered with no JSON object`);
  }
  context.count(tokensOf(body));
  const headers = relayedHeaders(context.record, turn.losses, response.headers);
  headers.set("content-type", "application/json");
  return new Response(text, { status: response.status, headers });
}

function tokensOf({ usage }: JsonObject): Tokens | undefined {
  if (!isObject(usage)) return undefined;
  const of = (name: string) => typeof usage[name] === "number" ? usage[name] : 0;
  return {
    input: of("input_tokens") + of("cache_read_input_tokens") + of("cache_creation_input_tokens"),
    output: of("output_tokens"),
  };
}

function isEventStream(response: Response): boolean {
  return /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
}
