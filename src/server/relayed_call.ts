import { UpstreamProtocolError } from "../errors.ts";
import { isObject, isPresent, type JsonObject, tryParseJson } from "../json.ts";
import type { Target } from "../target.ts";
import { mapErrorObject } from "../translators/common/failure.ts";
import type { RawBody, RelayTranslator } from "../translators/translator.ts";
import { createTurn } from "../translators/turn.ts";
import { BodyReader } from "../upstream/body.ts";
import { isForeign, readRelayedFailure } from "../upstream/failure.ts";
import { relayedHttpCall } from "../upstream/request.ts";
import { Exchange } from "../upstream/transport.ts";
import { noteLosses } from "./access_log.ts";
import { noteOrigin, relayedHeaders } from "./answer_headers.ts";
import { logBody } from "./body_log.ts";
import type { RequestContext } from "./context.ts";
import { noteKeyRefusal } from "./key_refusals.ts";
import type { Tokens } from "./record.ts";
import { RelayedAnswer, type RelayParts } from "./relayed_answer.ts";
import { streamResponse } from "./stream_response.ts";
import { turnOptions } from "./turn_options.ts";

/** What is relayed, and where. */
export interface RelayRequest {
  readonly target: Target;
  readonly translator: RelayTranslator;
  readonly raw: RawBody;
  /** Path below the target, such as `/v1/messages`. */
  readonly path: string;
  /** Whether the client wants events. */
  readonly stream: boolean;
}

/**
 * Relays a request to a target that speaks Anthropic's own protocol: bytes pass both ways.
 *
 * @throws {GatewayError} If the target cannot answer.
 */
export async function answerRelayed(
  context: RequestContext,
  { target, translator, raw, path, stream }: RelayRequest,
): Promise<Response> {
  const turn = createTurn(raw.request, target, turnOptions(context, target, raw.request.model));
  const { request, record, services } = context;
  record.upstreamModel = turn.model;
  const query = new URL(request.url).search;
  const call = relayedHttpCall(turn, translator, { raw, headers: request.headers, path, query });
  noteLosses(context, turn);
  const exchange = new Exchange(target, context.signal);
  const connect = async () => {
    const response = await exchange.send(call);
    noteOrigin(record, target, response.headers);
    if (response.ok && !isForeign(response)) return response;
    throw noteKeyRefusal(services, turn, await readRelayedFailure(response, exchange, turn));
  };
  const parts: RelayParts = { turn, translator, exchange, connect };
  try {
    return stream ? await relayStream(context, parts) : await relayWhole(context, parts);
  } catch (error) {
    exchange.abort();
    throw error;
  }
}

function relayStream(context: RequestContext, parts: RelayParts): Promise<Response> {
  const { turn } = parts;
  return streamResponse(context, new RelayedAnswer(parts), {
    turn,
    headers: () => relayedHeaders(context.record, turn.losses),
  });
}

async function relayWhole(
  context: RequestContext,
  { turn, exchange, connect }: RelayParts,
): Promise<Response> {
  const response = await connect();
  const bytes = await new BodyReader(response.body, exchange).bytes();
  exchange.close();
  const body = tryParseJson(new TextDecoder().decode(bytes));
  if (!isObject(body)) {
    throw new UpstreamProtocolError(`Target '${turn.target.name}' answered with no JSON object`);
  }
  if (!Array.isArray(body.content) && typeof body.input_tokens !== "number") {
    // Some endpoints report failures with status 200.
    if (body.type === "error" || isPresent(body.error)) throw mapErrorObject(body, turn);
    throw new UpstreamProtocolError(`Target '${turn.target.name}' answered with no message`);
  }
  context.count(tokensOf(body));
  logBody(context, "answer", () => new TextDecoder().decode(bytes));
  const headers = relayedHeaders(context.record, turn.losses);
  return new Response(bytes, { headers: { ...headers, "content-type": "application/json" } });
}

function tokensOf({ usage }: JsonObject): Tokens | undefined {
  if (!isObject(usage)) return undefined;
  const of = (name: string) => typeof usage[name] === "number" ? usage[name] : 0;
  return {
    input: of("input_tokens"),
    cacheRead: of("cache_read_input_tokens"),
    cacheCreation: of("cache_creation_input_tokens"),
    output: of("output_tokens"),
  };
}
