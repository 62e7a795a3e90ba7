import { tryParseJson } from "../json.ts";
import { getLogger } from "../log.ts";
import type { Profile } from "../profiles/schema.ts";
import type { Target } from "../target.ts";
import type { Translator, UpstreamModel } from "../translators/translator.ts";
import { trusting } from "../upstream/clients.ts";
import { credentialHeaders } from "../upstream/credentials.ts";
import { signerOf } from "../upstream/signer.ts";
import { upstreamUrl } from "../upstream/url.ts";

const log = getLogger("models");

/** How long an upstream's list is good for, and how long it is not asked again after a failure. */
const FRESH_MS = 10 * 60_000;
const FAILED_MS = 30_000;

/** How long a client waits for a list, and how long the upstream may take for the next one. */
const WAIT_MS = 2_000;
const FETCH_MS = 10_000;

/** Longest list that is read. */
const MAX_LIST_BYTES = 16 * 1024 * 1024;

interface Entry {
  models: readonly UpstreamModel[];
  freshUntil: number;
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
      entry = { models: [], freshUntil: -Infinity, pending: undefined };
      this.#entries.set(target, entry);
    }
    if (performance.now() < entry.freshUntil) return entry.models;
    entry.pending ??= this.#refresh(entry, target, translator);
    if (entry.freshUntil > -Infinity) return entry.models;
    return await orEmpty(entry.pending, WAIT_MS);
  }

  async #refresh(
    entry: Entry,
    target: Target,
    translator: Translator,
  ): Promise<readonly UpstreamModel[]> {
    try {
      entry.models = await fetchModels(target, translator);
      entry.freshUntil = performance.now() + FRESH_MS;
    } catch (error) {
      entry.freshUntil = performance.now() + FAILED_MS;
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
  const { models: read = () => [] } = translator;
  const profile = target.profileFor(target.model ?? "");
  const urls = translator.modelsUrls?.(target) ?? listUrls(target, translator, profile);
  const bodies = await Promise.all(
    urls.map((url) => fetchList(url, { target, translator, profile })),
  );
  return bodies.flatMap((body) => read(body));
}

function listUrls(target: Target, translator: Translator, profile: Profile): readonly string[] {
  const path = translator.modelsPath({ profile });
  if (path === null || !translator.models) return [];
  const base = translator.kind === "relay"
    ? translator.url(target.baseUrl, path)
    : target.baseUrl + path;
  return [upstreamUrl(base, target)];
}

async function fetchList(
  url: string,
  { target, translator, profile }: {
    readonly target: Target;
    readonly translator: Translator;
    readonly profile: Profile;
  },
): Promise<unknown> {
  const headers = new Headers({ accept: "application/json" });
  if (translator.kind === "relay") headers.set("anthropic-version", "2023-06-01");
  const apiKey = target.apiKeys[0];
  const own = { ...credentialHeaders(apiKey, profile), ...target.headers };
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  await signerOf({ target, profile, apiKey })?.sign({ method: "GET", url, headers, body: "" });
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), FETCH_MS);
  try {
    const response = await fetch(url, {
      headers,
      redirect: "manual",
      signal: deadline.signal,
      ...trusting(target.caCert),
    });
    const text = await readAtMost(response, MAX_LIST_BYTES);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return tryParseJson(text);
  } finally {
    clearTimeout(timer);
  }
}

/** The body as text; leaving the loop cancels one that is too long. */
async function readAtMost({ body }: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const bytes of body ?? []) {
    size += bytes.length;
    if (size > maxBytes) throw new Error(`longer than ${maxBytes} bytes`);
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

/** A list, or the empty one if it takes longer than that. */
async function orEmpty(
  list: Promise<readonly UpstreamModel[]>,
  waitMs: number,
): Promise<readonly UpstreamModel[]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<readonly UpstreamModel[]>((resolve) => {
    timer = setTimeout(() => resolve([]), waitMs);
  });
  try {
    return await Promise.race([list, late]);
  } finally {
    clearTimeout(timer);
  }
}
