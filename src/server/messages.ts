import { parseRequestBody } from "../anthropic/request_bytes.ts";
import { GatewayError } from "../errors.ts";
import { LARGE, makeWay } from "../event_loop.ts";
import type { Target } from "../target.ts";
import { findTranslator } from "../translators/registry.ts";
import type { RawBody, Translator } from "../translators/translator.ts";
import { askTargets } from "./attempts.ts";
import { logBody } from "./body_log.ts";
import type { RequestContext } from "./context.ts";
import { targetByModel, targetByName } from "./pick_target.ts";
import { answerRelayed } from "./relayed_call.ts";
import { readRequestBody } from "./request_body.ts";
import { answerTranslated } from "./translated_call.ts";

/** Deepest nesting of a request; real ones stay below 100. */
const MAX_DEPTH = 2_000;

/** A request that was read, checked and given a target. */
export interface Routed {
  readonly raw: RawBody;
  readonly target: Target;
}

/**
 * `POST [/<target>]/v1/messages`: the whole way of a request, in one place.
 *
 * @throws {GatewayError} If it cannot be answered; nothing was sent to the client yet.
 */
export async function handleMessages(
  context: RequestContext,
  targetName: string | undefined,
): Promise<Response> {
  context.lease();
  const { raw, target } = await readRouted(context, targetName, {});
  context.record.stream = raw.request.stream ?? false;
  return await askTargets(context, target, (target) => {
    const translator = translatorOf(target);
    return translator.kind === "relay"
      ? answerRelayed(context, {
        target,
        translator,
        raw,
        path: "/v1/messages",
        stream: raw.request.stream ?? false,
      })
      : answerTranslated(context, raw.request, { target, translator });
  });
}

/** Reads a request's body and finds its target, by name where the path has one. */
export async function readRouted(
  context: RequestContext,
  targetName: string | undefined,
  options: { readonly countTokens?: boolean },
): Promise<Routed> {
  const { config, key, record, request } = context;
  // An unknown target is told before megabytes are read.
  const named = targetName === undefined ? undefined : targetByName(config, key, targetName);
  const body = await readRequestBody(request, config.listen.maxBodyBytes);
  if (body.bytes.length > LARGE) await makeWay();
  logBody(context, "client request", () => body.text);
  const parsed = await parseRequestBody(body, { ...options, maxDepth: MAX_DEPTH });
  if (body.bytes.length > LARGE) await makeWay();
  const target = named ?? targetByModel(config, key, parsed.model);
  record.target = target.name;
  record.model = parsed.model;
  const raw: RawBody = {
    bytes: body.bytes,
    request: parsed,
    get text() {
      return body.text;
    },
  };
  return { raw, target };
}

/** The translator of a target's mode, which the config made sure of. */
export function translatorOf(target: Target): Translator {
  const translator = findTranslator(target.mode);
  if (translator) return translator;
  throw new GatewayError(`No translator for api_mode '${target.mode}'`, {
    status: 500,
    type: "api_error",
  });
}
