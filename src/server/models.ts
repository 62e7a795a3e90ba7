import { UnknownTargetError } from "../errors.ts";
import type { Target } from "../target.ts";
import type { UpstreamModel } from "../translators/translator.ts";
import type { RequestContext } from "./context.ts";
import { translatorOf } from "./messages.ts";
import { TARGET_ID_PREFIX, targetByName, usableTargets } from "./pick_target.ts";

/**
 * A model as Anthropic lists it.
 *
 * @see {@link https://docs.anthropic.com/en/api/models-list}
 */
interface ModelInfo {
  readonly type: "model";
  readonly id: string;
  readonly display_name: string;
  readonly created_at: string;
  readonly max_input_tokens?: number;
  readonly max_tokens?: number;
}

/** Claude names that clients ask for; the globs of `models` pick from them. */
const CLAUDE_MODELS: readonly string[] = [
  "claude-fable-5-1",
  "claude-fable-5",
  "claude-opus-5-5",
  "claude-opus-5",
  "claude-opus-4-8",
  "claude-opus-4-7",
  "claude-opus-4-6",
  "claude-opus-4-5",
  "claude-opus-4-1",
  "claude-sonnet-5-5",
  "claude-sonnet-5",
  "claude-sonnet-4-6",
  "claude-sonnet-4-5",
  "claude-haiku-4-6",
  "claude-haiku-4-5",
  "claude-3-5-haiku-latest",
];

/** Models whose age nobody tells. */
const UNKNOWN_DATE = "1970-01-01T00:00:00Z";

/** `GET /v1/models`: one entry for each target that the key may use. */
export function listTargets({ config, key, request }: RequestContext): Response {
  const models = usableTargets(config, key).map((target) =>
    modelInfo(target, TARGET_ID_PREFIX + target.name, {
      name: target.model ? `${target.name} (${target.model})` : target.name,
    })
  );
  return listPage(models, new URL(request.url).searchParams);
}

/** `GET /v1/models/<id>`: a target by the id of that list, or by its plain name. */
export function showTarget(context: RequestContext, id: string): Response {
  const name = id.startsWith(TARGET_ID_PREFIX) ? id.slice(TARGET_ID_PREFIX.length) : id;
  const target = targetByName(context.config, context.key, name);
  return Response.json(modelInfo(target, TARGET_ID_PREFIX + target.name, {
    name: target.model ? `${target.name} (${target.model})` : target.name,
  }));
}

/** `GET /<target>/v1/models`: what can be asked for there. */
export async function listModels(context: RequestContext, targetName: string): Promise<Response> {
  const target = targetByName(context.config, context.key, targetName);
  const models = await modelsOf(context, target);
  return listPage(models, new URL(context.request.url).searchParams);
}

/**
 * `GET /<target>/v1/models/<id>`.
 *
 * @throws {UnknownTargetError} If the target lists no such model.
 */
export async function showModel(
  context: RequestContext,
  targetName: string,
  id: string,
): Promise<Response> {
  const target = targetByName(context.config, context.key, targetName);
  const known = (await modelsOf(context, target)).find((model) => model.id === id);
  if (known) return Response.json(known);
  const takesAny = target.model === undefined || target.aliases.some(({ matches }) => matches(id));
  if (takesAny) return Response.json(modelInfo(target, id));
  throw new UnknownTargetError(`Target '${target.name}' has no model '${id.slice(0, 200)}'`);
}

/** The configured names; a target that takes any model also has those of its upstream. */
async function modelsOf(
  { services }: RequestContext,
  target: Target,
): Promise<readonly ModelInfo[]> {
  const models = new Map<string, ModelInfo>();
  const add = (id: string, upstream?: UpstreamModel) => {
    if (!models.has(id)) models.set(id, modelInfo(target, id, { upstream }));
  };
  if (target.model !== undefined) add(target.model);
  for (const { pattern, matches, model } of target.aliases) {
    const names = CLAUDE_MODELS.filter(matches);
    for (const name of names.length > 0 ? names : [pattern]) {
      if (!models.has(name)) {
        models.set(name, modelInfo(target, name, { name: `${name} (${model})` }));
      }
    }
  }
  if (target.model === undefined) {
    const upstream = await services.modelLists.get(target, translatorOf(target));
    for (const model of upstream) add(model.id, model);
  }
  return [...models.values()];
}

function modelInfo(
  target: Target,
  id: string,
  { name, upstream }: {
    readonly name?: string;
    readonly upstream?: UpstreamModel | undefined;
  } = {},
): ModelInfo {
  const window = target.contextWindow ?? upstream?.contextWindow;
  return {
    type: "model",
    id,
    display_name: name ?? upstream?.displayName ?? id,
    created_at: upstream?.createdAt ?? UNKNOWN_DATE,
    ...(window === undefined ? {} : { max_input_tokens: window }),
    ...(target.maxOutputTokens === undefined ? {} : { max_tokens: target.maxOutputTokens }),
  };
}

function listPage(models: readonly ModelInfo[], query: URLSearchParams): Response {
  const asked = Number(query.get("limit") ?? 20);
  const limit = Number.isInteger(asked) ? Math.min(Math.max(asked, 1), 1000) : 20;
  const after = indexOf(models, query.get("after_id"));
  const before = indexOf(models, query.get("before_id"));
  const end = before >= 0 ? before : models.length;
  const start = before >= 0 ? Math.max(0, end - limit) : after + 1;
  const data = models.slice(start, Math.min(end, start + limit));
  return Response.json({
    data,
    has_more: before >= 0 ? start > 0 : start + limit < models.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
}

function indexOf(models: readonly ModelInfo[], id: string | null): number {
  return id === null ? -1 : models.findIndex((model) => model.id === id);
}
