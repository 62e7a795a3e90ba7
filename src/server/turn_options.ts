import { getLogger } from "../log.ts";
import { type Target, upstreamModel } from "../target.ts";
import type { TurnOptions } from "../translators/turn.ts";
import type { RequestContext } from "./context.ts";

const log = getLogger("translate");

/** What a turn takes from the request around it. */
export function turnOptions(
  context: RequestContext,
  target: Target,
  clientModel: string,
): TurnOptions {
  const { request, requestId, services } = context;
  const session = request.headers.get("x-claude-code-session-id")?.slice(0, 200) ?? undefined;
  return {
    session,
    betas: betasOf(request.headers),
    apiKey: services.keyRings.of(target).pick(session),
    learned: services.learned.get(target, upstreamModel(target, clientModel)),
    warn: (message) => log.warn(message, { request_id: requestId, target: target.name }),
  };
}

/** Longest list of beta flags that is read. */
const MAX_BETAS = 4096;

/** Flags of `anthropic-beta`, which may stand several times; each once. */
function betasOf(headers: Headers): readonly string[] {
  const list = headers.get("anthropic-beta")?.slice(0, MAX_BETAS) ?? "";
  return [...new Set(list.split(",").map((flag) => flag.trim()))].filter((flag) => flag !== "");
}
