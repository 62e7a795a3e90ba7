import { LONG_TEXTS } from "../anthropic/long_texts.ts";
import { concatBytes, encodeText } from "../bytes.ts";
import type { RawBody, RelayTranslator, UpstreamCall } from "../translators/translator.ts";
import type { Turn } from "../translators/turn.ts";
import { VERSION } from "../version.ts";
import { credentialHeaders } from "./credentials.ts";
import { encodeJson } from "./json_body.ts";
import { signerOf } from "./signer.ts";
import type { HttpCall, UpstreamResponse } from "./http.ts";
import type { Exchange } from "./transport.ts";
import { upstreamUrl } from "./url.ts";

/**
 * Sends a translated call, signed where the target's requests have to be.
 *
 * @throws {UpstreamUnreachableError} If there are no credentials, no answer in time or no connection.
 * @throws {ClientGoneError} If the client left before.
 */
export async function sendTranslated(
  exchange: Exchange,
  turn: Turn,
  call: UpstreamCall,
): Promise<UpstreamResponse> {
  const request = await translatedHttpCall(turn, call);
  const signer = signerOf(turn);
  if (!signer) return exchange.send(request);
  const signable = { method: "POST", ...request, body: concatBytes(request.body) } as const;
  await signer.sign(signable);
  const response = await exchange.send(request);
  if (response.ok || !await signer.signAgain(signable, response)) {
    return response;
  }
  response.body.cancel();
  return exchange.send(request);
}

/** The HTTP request of a translated call. Nothing of the client's headers is in it. */
async function translatedHttpCall(turn: Turn, call: UpstreamCall): Promise<HttpCall> {
  const headers = new Headers({
    "content-type": "application/json",
    accept: call.stream ? "text/event-stream" : "application/json",
    "user-agent": `switchyard/${VERSION}`,
    ...call.headers,
  });
  addOwnHeaders(headers, turn);
  return {
    url: upstreamUrl(turn.target.baseUrl + call.path, turn.target),
    headers,
    body: await encodeJson(call.body, turn.request[LONG_TEXTS]),
  };
}

/** What a relayed call takes from the client's. */
export interface ClientCall {
  readonly raw: RawBody;
  readonly headers: Headers;
  /** Path below the target, such as `/v1/messages`. */
  readonly path: string;
  /** With its `?`; empty if there is none. */
  readonly query: string;
}

/** The HTTP request of a relayed call: the client's own, but for its credentials. */
export function relayedHttpCall(
  turn: Turn,
  translator: RelayTranslator,
  { raw, headers: clientHeaders, path, query }: ClientCall,
): HttpCall {
  const headers = translator.forwardHeaders(turn, clientHeaders);
  addOwnHeaders(headers, turn);
  return {
    url: upstreamUrl(translator.url(turn.target.baseUrl, path), turn.target, query),
    headers,
    body: [bytesOf(translator.translateBody(turn, raw))],
  };
}

function bytesOf(body: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return typeof body === "string" ? encodeText(body) : body;
}

function addOwnHeaders(headers: Headers, turn: Turn): void {
  const { target, profile, apiKey } = turn;
  for (const [name, value] of Object.entries(credentialHeaders(apiKey, profile))) {
    headers.set(name, value);
  }
  // The YAML has the last word, so that odd schemes of authentication work too.
  for (const [name, value] of Object.entries(target.headers)) headers.set(name, value);
}
