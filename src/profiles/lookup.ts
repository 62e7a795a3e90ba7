import { CATALOG, DEFAULT_PROFILE } from "./catalog.ts";
import type { CatalogEntry } from "./catalog/entry.ts";
import { compileGlob, compileGlobs } from "./glob.ts";
import type { Profile, Quirks } from "./schema.ts";

/** What a target says about its provider. */
export interface ProfileQuery {
  readonly mode: string;
  /** Absolute URL; empty where the mode needs none. */
  readonly baseUrl: string;
  /** Name from the YAML; by default the provider is recognised from `baseUrl`. */
  readonly provider?: string | undefined;
  /** Quirks from the YAML, which win over everything the catalog says. */
  readonly quirks?: Quirks | undefined;
}

/** The provider that was found. */
export interface FoundProfile {
  readonly name: string;
  /** Reasoning state is valid within one family. */
  readonly family: string;
  /** All quirks for one upstream model; cached, so it is cheap to ask. */
  readonly profileFor: (model: string) => Profile;
}

/** Model names come from clients, so the cache must not grow with them. */
const MAX_CACHED_MODELS = 256;
const MAX_CACHED_NAME = 256;

/** Stands in for modes of which the catalog knows no provider. */
const PLAIN: CatalogEntry = {
  names: ["generic"],
  hosts: ["*"],
  modes: [],
  quirks: {},
  confidence: "assumed",
};

/** Names that `provider:` may have for a mode, aliases included. */
export function profileNames(mode: string): readonly string[] {
  return CATALOG.filter(({ modes }) => modes.includes(mode)).flatMap(({ names }) => names);
}

/** Finds the profile of a target; undefined if the mode has none of the name it asks for. */
export function findProfile(query: ProfileQuery): FoundProfile | undefined {
  const entry = query.provider === undefined
    ? recognise(query.mode, query.baseUrl)
    : named(query.mode, query.provider);
  if (entry === undefined) return undefined;
  const name = entry.names[0] ?? "";
  return {
    name,
    family: entry.family ?? name,
    profileFor: createProfileFor(entry, query.quirks ?? {}),
  };
}

function named(mode: string, provider: string): CatalogEntry | undefined {
  const wanted = provider.toLowerCase();
  return CATALOG.find(({ modes, names }) => modes.includes(mode) && names.includes(wanted));
}

function recognise(mode: string, baseUrl: string): CatalogEntry {
  const url = URL.parse(baseUrl);
  const place = url === null ? "" : `${url.host}${url.pathname}`;
  return CATALOG.find(({ modes, hosts }) =>
    modes.includes(mode) && hosts.some((host) => isHost(host, place))
  ) ?? PLAIN;
}

/** A host pattern may end in a path prefix; without one, any path will do. */
function isHost(pattern: string, place: string): boolean {
  return compileGlob(`${pattern}/*`)(`${place}/`);
}

function createProfileFor(entry: CatalogEntry, own: Quirks): (model: string) => Profile {
  const base = merge(DEFAULT_PROFILE, entry.quirks);
  const overrides = (entry.models ?? [])
    .map(({ match, quirks }) => ({ matches: compileGlobs(match), quirks }));
  const cache = new Map<string, Profile>();
  return (model) => {
    const known = cache.get(model);
    if (known !== undefined) return known;
    const profile = overrides
      .filter(({ matches }) => matches(model))
      .map(({ quirks }) => quirks)
      .concat(own)
      .reduce(merge, base);
    if (cache.size >= MAX_CACHED_MODELS) cache.clear();
    if (model.length <= MAX_CACHED_NAME) cache.set(model, profile);
    return profile;
  };
}

/** Quirks that are present win; one that is undefined says nothing. */
function merge(profile: Profile, quirks: Quirks): Profile {
  const said = Object.entries(quirks).filter(([, value]) => value !== undefined);
  return { ...profile, ...Object.fromEntries(said) };
}
