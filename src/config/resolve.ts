import { isObject, type JsonObject } from "../json.ts";
import { compileGlob } from "../profiles/glob.ts";
import { findProfile } from "../profiles/lookup.ts";
import type { ModelAlias, Target } from "../target.ts";
import type { ClientKey, Config, ListenConfig } from "./config.ts";
import type { ConfigDocument } from "./document.ts";
import type { RawRoot, RawTarget } from "./schema.ts";
import type { ConfigSource, Overrides } from "./source.ts";
import { resolveUsage } from "./usage_settings.ts";
import { parseDuration, parseSize } from "./units.ts";
import type { RawConfig, RawEntry } from "./validate.ts";

/** Where the server listens if nobody says otherwise. */
export const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 8787;

/** What the resolved config needs besides the checked file. */
export interface ResolveContext {
  readonly document: ConfigDocument;
  readonly source: ConfigSource;
  readonly hash: string;
}

/** Fills in the defaults of a checked file and resolves its targets. */
export function resolveConfig({ root, targets }: RawConfig, context: ResolveContext): Config {
  const { overrides } = context.source;
  return {
    listen: resolveListen(root, overrides),
    keys: (root.auth?.keys ?? []).map(resolveKey),
    defaultTarget: root.default_target,
    targets: new Map(
      targets.map((entry) => [entry.name, resolveTarget(entry, root.defaults, context.document)]),
    ),
    logging: {
      level: overrides.logLevel ?? root.logging?.level ?? "info",
      format: overrides.logFormat ?? root.logging?.format,
      bodies: root.logging?.bodies ?? false,
    },
    usage: resolveUsage(root.usage),
    hash: context.hash,
    source: context.source,
  };
}

/** The targets to try after this one; one that `defaults` names does not fall back to itself. */
function fallbackOf(
  { name, settings }: Pick<RawEntry, "name" | "settings">,
  defaults: RawTarget | undefined,
): readonly string[] {
  return settings.fallback ?? defaults?.fallback?.filter((other) => other !== name) ?? [];
}

function resolveListen({ listen }: RawRoot, overrides: Overrides): ListenConfig {
  return {
    host: overrides.host ?? listen?.host ?? DEFAULT_HOST,
    port: overrides.port ?? listen?.port ?? DEFAULT_PORT,
    maxBodyBytes: parseSize(listen?.max_body ?? "32MiB") ?? 0,
    drainMs: milliseconds(listen?.drain, "30s"),
    maxStreams: listen?.max_streams ?? 4096,
    workers: listen?.workers ?? 1,
  };
}

function resolveKey(
  { name, key, targets, limits }: NonNullable<NonNullable<RawRoot["auth"]>["keys"]>[number],
): ClientKey {
  return {
    name,
    key,
    targets: targets && new Set(targets),
    limits: {
      concurrent: limits?.concurrent,
      requestsPerMinute: limits?.requests_per_minute,
      tokensPerMinute: limits?.tokens_per_minute,
    },
  };
}

function resolveTarget(
  entry: RawEntry,
  defaults: RawTarget | undefined,
  document: ConfigDocument,
): Target {
  const { name, translator, endpoint, options } = entry;
  const own = { ...definedOf(defaults ?? {}), ...definedOf(entry.settings) } as RawTarget;
  const baseUrl = normaliseUrl(endpoint?.baseUrl ?? own.base_url ?? "");
  const { mode } = translator;
  const quirks = { ...defaults?.quirks, ...entry.settings.quirks };
  const profile = findProfile({ mode, baseUrl, provider: own.provider, quirks });
  if (profile === undefined) throw new TypeError(`Cannot resolve target '${name}': not validated`);
  return {
    name,
    mode,
    baseUrl,
    apiKeys: [endpoint?.apiKey ?? own.api_key ?? []].flat().filter((key) => key !== ""),
    ...(own.ca_cert === undefined ? {} : { caCert: own.ca_cert }),
    model: own.model || undefined,
    aliases: resolveAliases(entry, defaults, document),
    provider: profile.name,
    family: profile.family,
    profileFor: profile.profileFor,
    headers: { ...lowerKeys(defaults?.headers), ...lowerKeys(entry.settings.headers) },
    query: { ...defaults?.query, ...entry.settings.query },
    body: mergeDeep(defaults?.body ?? {}, entry.settings.body ?? {}),
    maxOutputTokens: own.max_output_tokens,
    contextWindow: own.context_window,
    ...resolveLimits(entry.settings, defaults),
    fallback: fallbackOf(entry, defaults),
    onLoss: own.on_loss ?? "warn",
    pingIntervalMs: milliseconds(own.ping_interval, "10s"),
    options: endpoint?.options ?? options,
    ...(endpoint ? { rights: endpoint.rights } : {}),
  };
}

function resolveLimits(
  settings: RawTarget,
  defaults: RawTarget | undefined,
): Pick<Target, "timeouts" | "retry"> {
  const timeouts = { ...defaults?.timeouts, ...definedOf(settings.timeouts ?? {}) };
  const retry = { ...defaults?.retry, ...definedOf(settings.retry ?? {}) };
  return {
    timeouts: {
      connectMs: milliseconds(timeouts.connect, "10s"),
      firstByteMs: milliseconds(timeouts.first_byte, "5m"),
      idleMs: milliseconds(timeouts.idle, "5m"),
      totalMs: milliseconds(timeouts.total, "1h"),
    },
    retry: {
      attempts: retry.attempts ?? 1,
      maxWaitMs: milliseconds(retry.max_wait, "30s"),
    },
  };
}

/** The target's own globs come before those of `defaults`, each in the file's order. */
function resolveAliases(
  { name, settings }: RawEntry,
  defaults: RawTarget | undefined,
  document: ConfigDocument,
): readonly ModelAlias[] {
  const own = document.keysOf(["targets", name, "models"]);
  const inherited = document.keysOf(["defaults", "models"]).filter((key) => !own.includes(key));
  return [
    ...own.map((pattern) => [pattern, settings.models?.[pattern]] as const),
    ...inherited.map((pattern) => [pattern, defaults?.models?.[pattern]] as const),
  ].flatMap(([pattern, model]) =>
    model === undefined ? [] : [{ pattern, matches: compileGlob(pattern), model }]
  );
}

/** Without a trailing slash, and with the host in lower case. */
function normaliseUrl(text: string): string {
  const url = URL.parse(text);
  return url === null ? text : `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

function milliseconds(duration: string | undefined, fallback: string): number {
  return parseDuration(duration ?? fallback) ?? 0;
}

function definedOf<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as Partial<Value>;
}

function lowerKeys(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function mergeDeep(under: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isObject(below) && isObject(value) ? mergeDeep(below, value) : value;
  }
  return merged;
}
