import { UpstreamError } from "../errors.ts";
import { tryParseJson } from "../json.ts";
import { estimateTokens } from "../tokens/estimate.ts";
import type { ConvertingTranslator, CountCall } from "../translators/translator.ts";
import { createTurn, type Turn } from "../translators/turn.ts";
import { BodyReader } from "../upstream/body.ts";
import { sendTranslated } from "../upstream/request.ts";
import { Exchange } from "../upstream/transport.ts";
import { noteOrigin, translatedHeaders } from "./answer_headers.ts";
import type { RequestContext } from "./context.ts";
import { readRouted, translatorOf } from "./messages.ts";
import { answerRelayed, type RelayRequest } from "./relayed_call.ts";
import { turnOptions } from "./turn_options.ts";

/** How long an upstream's own count may take before the estimate is good enough. */
const COUNT_TIMEOUT_MS = 3_000;

/**
 * `POST [/<target>]/v1/messages/count_tokens`: the upstream's count where it has one, else ours.
 *
 * @throws {GatewayError} If the request is malformed, or a relayed upstream refuses it.
 */
export async function handleCountTokens(
  context: RequestContext,
  targetName: string | undefined,
): Promise<Response> {
  const { raw, target } = await readRouted(context, targetName, { countTokens: true });
  const { request } = raw;
  const translator = translatorOf(target);
  const turn = createTurn(request, target, turnOptions(context, target, request.model));
  const counted = translator.kind === "relay"
    ? await relayCount(context, { raw, target, translator })
    : await exactCount(context, turn, translator);
  return counted ??
    Response.json({ input_tokens: await estimateTokens(request, turn.profile) });
}

/** Undefined where the endpoint does not exist; compatible servers often leave it out. */
async function relayCount(
  context: RequestContext,
  relayed: Pick<RelayRequest, "raw" | "target" | "translator">,
): Promise<Response | undefined> {
  try {
    const path = "/v1/messages/count_tokens";
    return await answerRelayed(context, { ...relayed, path, stream: false });
  } catch (error) {
    if (error instanceof UpstreamError && isMissing(error.upstreamStatus)) return undefined;
    throw error;
  }
}

/** True if the endpoint does not exist. */
function isMissing(status: number): boolean {
  return status === 404 || status === 405;
}

/** The count of an upstream that can tell, or undefined if it does not within its time. */
async function exactCount(
  context: RequestContext,
  turn: Turn,
  translator: ConvertingTranslator,
): Promise<Response | undefined> {
  const { countRefusals } = context.services;
  if (countRefusals.has(turn.target, turn.model)) return undefined;
  const call = countCall(turn, translator);
  if (!call) return undefined;
  const exchange = new Exchange(turn.target, context.signal);
  const timer = setTimeout(() => exchange.abort(), COUNT_TIMEOUT_MS);
  try {
    const response = await sendTranslated(exchange, turn, call);
    if (call.isMissing(response.status)) countRefusals.add(turn.target, turn.model);
    const tokens = call.read(tryParseJson(await new BodyReader(response.body, exchange).text()));
    if (!response.ok || typeof tokens !== "number") return undefined;
    noteOrigin(context.record, turn.target, response.headers);
    const headers = translatedHeaders(context.record, turn.losses);
    return Response.json({ input_tokens: tokens }, { headers });
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    exchange.close();
  }
}

/** The call that counts; what cannot be translated can still be estimated. */
function countCall(turn: Turn, translator: ConvertingTranslator): CountCall | undefined {
  try {
    return translator.countTokens?.(turn);
  } catch {
    return undefined;
  }
}
