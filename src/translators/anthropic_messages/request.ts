import { isObject, type JsonObject } from "../../json.ts";
import { Losses } from "../losses.ts";
import type { RawBody } from "../translator.ts";
import type { Turn } from "../turn.ts";
import { betaFields } from "./betas.ts";
import { historyEdits, type HistoryPlan, planHistory } from "./history.ts";
import { lastMember, objectMembers } from "../../json_text.ts";
import { mergeEdits, splice } from "./splice.ts";

/** Smallest thinking budget that Anthropic accepts. */
const MIN_BUDGET = 1024;

/**
 * The body for an upstream that speaks Anthropic: the client's own bytes wherever they can stay.
 *
 * Only single values are exchanged in the text, never the whole of it written anew: on the newest
 * models thinking is bound to the exact prefix it came from, prompt caches are too, and Claude
 * Code's attribution block counts only if nothing touched it.
 *
 * @throws {UnsupportedFeatureError} If something is lost and the target's `on_loss` is `error`.
 */
export function translateBody(turn: Turn, raw: RawBody): Uint8Array<ArrayBuffer> | string {
  // To count tokens loses nothing: it must not fail, whatever `on_loss` says.
  const lenient = isCount(raw.request) ? { ...turn, losses: new Losses("drop", "") } : turn;
  const fields = changedFields(lenient, raw.request);
  const plan = "messages" in fields ? undefined : planHistory(lenient, raw.request.messages);
  if (!plan && Object.keys(fields).length === 0) return raw.bytes;
  return edited(raw.text, fields, plan);
}

function edited(text: string, fields: JsonObject, plan: HistoryPlan | undefined): string {
  const members = objectMembers(text);
  const edits = mergeEdits(text, fields, { members });
  const messages = lastMember(members, "messages");
  if (plan && messages) edits.push(...historyEdits(text, messages.value.start, plan));
  return splice(text, edits);
}

/** Top-level fields that differ from the client's, later ones winning; undefined removes. */
function changedFields(turn: Turn, request: RawBody["request"]): JsonObject {
  const fields: Record<string, unknown> = { ...betaFields(turn, request) };
  if (isRenamed(turn, request.model)) fields.model = turn.model;
  // There are no tokens to limit, and the endpoint refuses fields that only a message can have.
  if (isCount(request)) return fields;
  return { ...fields, ...limitedTokens(turn, request), ...turn.profile.extra, ...turn.target.body };
}

/** Only the body of `count_tokens` has no `max_tokens`. */
function isCount(request: RawBody["request"]): boolean {
  return typeof request.max_tokens !== "number";
}

/**
 * Whether `model` or `models` of the target names another model. A `[1m]` suffix alone is no
 * reason to touch the name: what it means is between the client and the upstream.
 */
function isRenamed({ target, model }: Turn, clientModel: string): boolean {
  if (model === clientModel) return false;
  const name = clientModel.replace(/\[1m\]$/i, "");
  return model !== name || target.model !== undefined ||
    target.aliases.some(({ matches }) => matches(name));
}

function limitedTokens({ target, losses }: Turn, request: RawBody["request"]): JsonObject {
  const limit = target.maxOutputTokens;
  if (limit === undefined || request.max_tokens <= limit) return {};
  losses.warn("max_tokens", `a value over ${limit}`);
  const budget = isObject(request.thinking) ? request.thinking.budget_tokens : undefined;
  // A budget has to stay below max_tokens, or the upstream refuses the request.
  if (typeof budget !== "number" || budget < limit) return { max_tokens: limit };
  losses.warn("thinking.budget_tokens", `a value over ${limit}`);
  return {
    max_tokens: limit,
    thinking: { budget_tokens: Math.max(MIN_BUDGET, limit - 1) },
  };
}
