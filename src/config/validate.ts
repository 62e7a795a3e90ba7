import * as z from "zod/mini";
import type { ConfigProblem } from "../errors.ts";
import { isObject, type JsonObject } from "../json.ts";
import { findProfile, profileNames } from "../profiles/lookup.ts";
import { findTranslator, MODE_NAMES } from "../translators/registry.ts";
import type { Endpoint, Surroundings, Translator } from "../translators/translator.ts";
import type { ConfigDocument } from "./document.ts";
import { check, type Checked, didYouMean, problemAt, problemAtKey, quoteAll } from "./problems.ts";
import {
  type RawRoot,
  type RawTarget,
  RESERVED_NAMES,
  rootSchema,
  TARGET_NAME_PATTERN,
  targetSchema,
  targetShape,
} from "./schema.ts";

/** A file whose every value has the right type; names are not checked against each other yet. */
export interface RawConfig {
  readonly root: RawRoot;
  readonly targets: readonly RawEntry[];
}

/** A target whose every value has the right type. */
export interface RawEntry {
  readonly name: string;
  readonly translator: Translator;
  readonly settings: RawTarget;
  /** The keys that only its mode knows. */
  readonly options: JsonObject;
  /** Where the mode says that the upstream is; undefined leaves it to `base_url`. */
  readonly endpoint: Endpoint | undefined;
}

/**
 * What a target of an unknown mode is checked with, to report the rest of its problems too: the
 * keys of all modes are known then, and their values not looked at.
 */
const ANY_TARGET = z.partial(z.strictObject({
  api_mode: z.unknown(),
  ...Object.fromEntries(
    MODE_NAMES.flatMap((name) => Object.keys(findTranslator(name)?.targetOptions ?? {}))
      .map((key) => [key, z.unknown()]),
  ),
  ...targetShape,
}));

/** Checks every value against the strict schemas; the value is there only if nothing is wrong. */
export function validate(document: ConfigDocument, outside: Surroundings): Checked<RawConfig> {
  const { value } = document;
  if (value === undefined || value === null) {
    const message = "the file is empty: run 'switchyard init' elsewhere for a commented example";
    return { value: undefined, problems: [problemAt(document, [], message)] };
  }
  const root = check(rootSchema, document, { path: [], value });
  const problems = [...root.problems];
  const targets: RawEntry[] = [];
  for (const name of targetNames(document, value, problems)) {
    problems.push(...checkName(document, name));
    const checked = checkTarget(document, name, outside);
    problems.push(...checked.problems);
    if (checked.value !== undefined) targets.push(checked.value);
  }
  return {
    value: root.value && problems.length === 0 ? { root: root.value, targets } : undefined,
    problems,
  };
}

function targetNames(
  document: ConfigDocument,
  root: unknown,
  problems: ConfigProblem[],
): readonly string[] {
  if (!isObject(root)) return [];
  const names = isObject(root.targets) ? document.keysOf(["targets"]) : [];
  const isEmpty = root.targets === undefined || isObject(root.targets);
  if (names.length === 0 && isEmpty) {
    const message = "no target is defined: add one under 'targets', or run 'switchyard init' " +
      "elsewhere for a commented example";
    problems.push(problemAtKey(document, ["targets"], message));
  }
  return names;
}

function checkName(document: ConfigDocument, name: string): readonly ConfigProblem[] {
  const path = ["targets", name];
  if (!TARGET_NAME_PATTERN.test(name)) {
    const message = "a target's name begins with a-z or 0-9 and holds only a-z, 0-9, '.', '_', '-'";
    return [problemAtKey(document, path, message)];
  }
  if (!RESERVED_NAMES.includes(name)) return [];
  const message = `'${name}' is a route of the server itself; choose another name`;
  return [problemAtKey(document, path, message)];
}

function checkTarget(
  document: ConfigDocument,
  name: string,
  outside: Surroundings,
): Checked<RawEntry> {
  const path = ["targets", name];
  const root = document.value as JsonObject;
  const value = (root.targets as JsonObject)[name];
  const defaults = isObject(root.defaults) ? root.defaults : {};
  const settings = isObject(value) ? value : {};
  const mode = settings.api_mode ?? defaults.api_mode;
  const translator = typeof mode === "string" ? findTranslator(mode) : undefined;
  const schema = translator === undefined ? ANY_TARGET : targetSchema(translator);
  const checked = check<Record<string, unknown>>(schema, document, { path, value });
  const problems = [...checked.problems];
  if (isObject(value)) {
    const provided = { ...defaults, ...settings };
    problems.push(...checkMode(document, name, { mode, translator }));
    if (translator !== undefined) {
      problems.push(...checkProvider(document, name, { translator, provided }));
      const tellsPlace = translator.endpoint || "base_url" in translator.targetOptions;
      if (provided.base_url === undefined && !tellsPlace) {
        problems.push(problemAtKey(document, [...path, "base_url"], "is missing"));
      }
    }
  }
  if (translator === undefined || checked.value === undefined || problems.length > 0) {
    return { value: undefined, problems };
  }
  return toEntry({ document, name, translator, outside }, { settings: checked.value, defaults });
}

function checkMode(
  document: ConfigDocument,
  name: string,
  { mode, translator }: { readonly mode: unknown; readonly translator: Translator | undefined },
): readonly ConfigProblem[] {
  const path = ["targets", name, "api_mode"];
  if (translator !== undefined || document.hasProblem(path)) return [];
  const choice = `must be one of ${quoteAll(MODE_NAMES)}`;
  if (mode === undefined) return [problemAtKey(document, path, `is missing; ${choice}`)];
  const hint = typeof mode === "string" ? didYouMean(mode, MODE_NAMES) : "";
  return [problemAt(document, path, choice + hint)];
}

function checkProvider(
  document: ConfigDocument,
  name: string,
  { translator, provided }: { readonly translator: Translator; readonly provided: JsonObject },
): readonly ConfigProblem[] {
  const { mode } = translator;
  const { provider } = provided;
  if (typeof provider !== "string" || findProfile({ mode, baseUrl: "", provider })) return [];
  const path = ["targets", name, "provider"];
  const names = profileNames(mode);
  const hint = didYouMean(provider, names) || `; known are ${quoteAll(names)}`;
  return [problemAt(document, path, `no such profile for ${mode}${names.length > 0 ? hint : ""}`)];
}

interface EntryContext {
  readonly document: ConfigDocument;
  readonly name: string;
  readonly translator: Translator;
  readonly outside: Surroundings;
}

/** The mode's own keys may include common ones, such as a `base_url` with a default. */
function toEntry(
  { document, name, translator, outside }: EntryContext,
  { settings, defaults }: { readonly settings: JsonObject; readonly defaults: JsonObject },
): Checked<RawEntry> {
  const options = Object.fromEntries(
    Object.keys(translator.targetOptions)
      .filter((key) => settings[key] !== undefined)
      .map((key) => [key, settings[key]] as const),
  );
  const provided = { ...defaults, ...settings } as RawTarget;
  const endpoint = translator.endpoint?.({
    options,
    baseUrl: provided.base_url,
    hasKey: [provided.api_key ?? []].flat().some((key) => key !== ""),
  }, outside);
  if (endpoint && "problem" in endpoint) {
    const path = ["targets", name, endpoint.key];
    return { value: undefined, problems: [problemAtKey(document, path, endpoint.problem)] };
  }
  const entry = { name, translator, settings: settings as RawTarget, options, endpoint };
  return { value: entry, problems: [] };
}
