import { tryParseJson } from "../json.ts";
import { getLogger } from "../log.ts";
import type { Target } from "../target.ts";
import type { Translator, UpstreamModel } from "../translators/translator.ts";
import { credentialHeaders } from "../upstream/credentials.ts";
import { upstreamUrl } from "../upstream/url.ts";

const log = getLogger("models");

/** How long an upstream's list is good for, and how long a client waits for one. */
const FRESH_MS = 10 * 60_000;
const WAIT_MS = 2_000;
const FETCH_MS = 10_000;

interface Entry {
  models: readonly UpstreamModel[];
  fetchedAt: number;
  pending: Promise<readonly UpstreamModel[]> | undefined;
}

/**
 * Models as upstreams list them, cached. A stale list is served while a new one is fetched; no
 * client waits longer than two seconds, and an upstream that fails has an empty list.
 */
export class ModelLists {
  /** By target object: a reload makes new ones, and forgets what belonged to the old. */
  readonly #entries = new WeakMap<Target, Entry>();

  /** The models that a target's upstream lists; empty if it cannot tell in time. */
  async get(target: Target, translator: Translator): Promise<readonly UpstreamModel[]> {
    let entry = this.#entries.get(target);
    if (!entry) {
      entry = { models: [], fetchedAt: -Infinity, pending: undefined };
      this.#entries.set(target, entry);
    }
    if (performance.now() - entry.fetchedAt < FRESH_MS) return entry.models;
    entry.pending ??= this.#refresh(entry, target, translator);
    if (entry.fetchedAt > -Infinity) return entry.models;
    return await Promise.race([entry.pending, empty(WAIT_MS)]);
  }

  async #refresh(
    entry: Entry,
    target: Target,
    translator: Translator,
  ): Promise<readonly UpstreamModel[]> {
    try {
      entry.models = await fetchModels(target, translator);
      entry.fetchedAt = performance.now();
    } catch (error) {
      log.debug("Cannot list models", { target: target.name, error });
    } finally {
      entry.pending = undefined;
    }
    return entry.models;
  }
}

async function fetchModels(
  target: Target,
  translator: Translator,
): Promise<readonly UpstreamModel[]> {
  const profile = target.profileFor(target.model ?? "");
  const path = translator.modelsPath({ profile });
  if (path === null || !translator.models) return [];
  const base = translator.kind === "relay"
    ? translator.url(target.baseUrl, path)
    : target.baseUrl + path;
  const headers = new Headers({ accept: "application/json" });
  if (translator.kind === "relay") headers.set("anthropic-version", "2023-06-01");
  const own = { ...credentialHeaders(target, profile, undefined), ...target.headers };
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  const response = await fetch(upstreamUrl(base, target), {
    headers,
    redirect: "manual",
    signal: AbortSignal.timeout(FETCH_MS),
  });
  const text = await response.text();
  return response.ok ? translator.models(tryParseJson(text)) : [];
}

function empty(milliseconds: number): Promise<readonly UpstreamModel[]> {
  return new Promise((resolve) => setTimeout(() => resolve([]), milliseconds));
}
