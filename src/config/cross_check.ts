import type { ConfigProblem } from "../errors.ts";
import { isObject } from "../json.ts";
import type { ConfigDocument, Path } from "./document.ts";
import { isLoopbackHost } from "./loopback.ts";
import { didYouMean, problemAt, problemAtKey, quoteAll } from "./problems.ts";
import { DEFAULT_HOST } from "./resolve.ts";
import type { Overrides } from "./source.ts";

/**
 * Checks what one value says about another: names that must exist, cycles, who may call.
 *
 * Works on the unchecked data, so that these problems are reported along with wrong types.
 */
export function crossCheck(
  document: ConfigDocument,
  overrides: Overrides,
): readonly ConfigProblem[] {
  const listened = valueAt(document, ["listen", "host"]);
  const host = overrides.host ?? (typeof listened === "string" ? listened : DEFAULT_HOST);
  return [
    ...checkReferences(document),
    ...checkCycles(document),
    ...checkClientKeys(document),
    ...checkExposure(document, host),
  ];
}

/** A string and where it stands. */
interface Reference {
  readonly path: Path;
  readonly text: string;
}

function checkReferences(document: ConfigDocument): readonly ConfigProblem[] {
  const names = document.keysOf(["targets"]);
  const known = new Set(names);
  const references = [
    ...stringsAt(document, ["default_target"]),
    ...stringsAt(document, ["defaults", "fallback"]),
    ...names.flatMap((name) => stringsAt(document, ["targets", name, "fallback"])),
    ...clientKeys(document).flatMap(({ path }) => stringsAt(document, [...path, "targets"])),
  ];
  return references
    .filter(({ path, text }) => !known.has(text) && !document.hasProblem(path))
    .map(({ path, text }) => {
      const hint = didYouMean(text, names) || `; known are ${quoteAll(names)}`;
      return problemAt(document, path, `there is no target of that name${hint}`);
    });
}

function checkCycles(document: ConfigDocument): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]) => {
    const here = [...trail, name];
    for (const { path, text: next } of fallbacks(document, name)) {
      const start = here.indexOf(next);
      if (start >= 0) {
        const cycle = [...here.slice(start), next].join(" → ");
        problems.push(problemAt(document, path, `the fallback makes a cycle: ${cycle}`));
      } else if (!done.has(next)) {
        visit(next, here);
      }
    }
    done.add(name);
  };
  for (const name of document.keysOf(["targets"])) if (!done.has(name)) visit(name, []);
  return problems;
}

/** As `resolve.ts` does it: one that `defaults` names does not fall back to itself. */
function fallbacks(document: ConfigDocument, name: string): readonly Reference[] {
  const path = ["targets", name, "fallback"];
  if (valueAt(document, path) !== undefined) return stringsAt(document, path);
  return stringsAt(document, ["defaults", "fallback"]).filter(({ text }) => text !== name);
}

/** Two keys that are equal, or have one name, could not be told apart. */
function checkClientKeys(document: ConfigDocument): readonly ConfigProblem[] {
  const keys = clientKeys(document);
  return ["name", "key"].flatMap((field) => {
    const seen = new Map<unknown, number>();
    return keys.flatMap(({ path, value }, index) => {
      const text = value[field];
      if (typeof text !== "string" || text === "") return [];
      const first = seen.get(text);
      if (first === undefined) {
        seen.set(text, index);
        return [];
      }
      const message = `is the same as that of auth.keys.${first}`;
      return [problemAt(document, [...path, field], message)];
    });
  });
}

function checkExposure(document: ConfigDocument, host: string): readonly ConfigProblem[] {
  const isOpen = valueAt(document, ["auth", "keys"]) === undefined ||
    (Array.isArray(valueAt(document, ["auth", "keys"])) && clientKeys(document).length === 0);
  if (!isOpen || isLoopbackHost(host)) return [];
  const message = "without 'auth.keys' the server would serve anybody who reaches this address; " +
    "add a key, or listen on '127.0.0.1'";
  return [problemAtKey(document, ["listen", "host"], message)];
}

function clientKeys(
  document: ConfigDocument,
): readonly { readonly path: Path; readonly value: Readonly<Record<string, unknown>> }[] {
  const keys = valueAt(document, ["auth", "keys"]);
  if (!Array.isArray(keys)) return [];
  return keys.flatMap((value, index) =>
    isObject(value) ? [{ path: ["auth", "keys", index], value }] : []
  );
}

/** The strings of a list, or the one string that stands there. */
function stringsAt(document: ConfigDocument, path: Path): readonly Reference[] {
  const value = valueAt(document, path);
  if (typeof value === "string") return [{ path, text: value }];
  if (!Array.isArray(value)) return [];
  return value.flatMap((text, index) =>
    typeof text === "string" ? [{ path: [...path, index], text }] : []
  );
}

function valueAt(document: ConfigDocument, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)];
    return isObject(value) ? value[String(key)] : undefined;
  }, document.value);
}
