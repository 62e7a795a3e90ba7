import type * as z from "zod/mini";
import type { ConfigProblem } from "../errors.ts";
import { type ConfigDocument, formatPath, type Path } from "./document.ts";

/** Result of checking a value: the value, or problems. */
export interface Checked<Value> {
  readonly value: Value | undefined;
  readonly problems: readonly ConfigProblem[];
}

/** Checks the value at a path of the file with a strict schema; problems carry their place. */
export function check<Value>(
  schema: z.ZodMiniType<Value>,
  document: ConfigDocument,
  { path, value }: { readonly path: Path; readonly value: unknown },
): Checked<Value> {
  const known = new Map<string, readonly string[]>();
  const error = (issue: z.core.$ZodRawIssue) => {
    if (issue.code === "unrecognized_keys") known.set(formatPath(issue.path ?? []), keysOf(issue));
    return explain(issue);
  };
  let result = schema.safeParse(value, { error });
  if (!result.success && coerceSubstituted(result.error.issues, document, { path, value })) {
    result = schema.safeParse(value, { error });
  }
  if (result.success) return { value: result.data, problems: [] };
  const problems = result.error.issues
    .flatMap((issue) => toProblems(issue, { path, document, known }))
    .filter((problem) => problem !== undefined);
  return { value: undefined, problems };
}

/** A problem with the value at a path, at its place. */
export function problemAt(document: ConfigDocument, path: Path, message: string): ConfigProblem {
  return { ...document.placeOf(path), path: formatPath(path), message };
}

/** A problem with the key that a path ends in, at the key's place. */
export function problemAtKey(document: ConfigDocument, path: Path, message: string): ConfigProblem {
  return { ...document.placeOfKey(path), path: formatPath(path), message };
}

/** `; did you mean 'x'?` for the candidate that is close to a word, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const plain = simplify(word);
  const [best] = candidates
    .map((name) => ({ name, distance: editDistance(plain, simplify(name)) }))
    .filter(({ name, distance }) => distance <= Math.floor(name.length / 3))
    .sort((one, other) => one.distance - other.distance);
  return best === undefined ? "" : `; did you mean '${best.name}'?`;
}

/** Names in quotes, with commas between. */
export function quoteAll(names: readonly unknown[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}

interface IssueContext {
  readonly path: Path;
  readonly document: ConfigDocument;
  /** Keys that the schema knows, by the path of the object with an unknown one. */
  readonly known: ReadonlyMap<string, readonly string[]>;
}

function toProblems(issue: z.core.$ZodIssue, context: IssueContext): readonly ConfigProblem[] {
  const { document } = context;
  const path = [...context.path, ...issue.path];
  if (document.hasProblem(path)) return [];
  if (issue.code === "unrecognized_keys") {
    const candidates = context.known.get(formatPath(issue.path)) ?? [];
    return issue.keys.map((key) =>
      problemAtKey(document, [...path, key], `unknown key${didYouMean(key, candidates)}`)
    );
  }
  if (issue.code === "invalid_key") return [problemAtKey(document, path, issue.message)];
  return [problemAt(document, path, issue.message)];
}

function keysOf(issue: z.core.$ZodRawIssue): readonly string[] {
  const definition = issue.inst?._zod.def as { readonly shape?: object } | undefined;
  return Object.keys(definition?.shape ?? {});
}

/** Words for what zod found; never the value, which may be a secret. */
function explain(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return explainType(issue.expected, issue.input);
    case "invalid_value":
      return explainValue(issue.values, issue.input);
    case "too_small":
      return issue.origin === "string" ? "must not be empty" : `must be at least ${issue.minimum}`;
    case "too_big":
      return `must be at most ${issue.maximum}`;
    case "unrecognized_keys":
      return "unknown key";
    case "invalid_key":
      return issue.issues[0]?.message ?? "is not a valid key";
    case "invalid_union":
      return [...new Set(issue.errors.map(([first]) => first?.message))].join(", or ");
    default:
      return issue.message ?? "is not valid";
  }
}

function explainType(expected: string, input: unknown): string {
  if (input === undefined) return "is missing";
  if (input === null) return "is empty; give it a value or remove the key";
  const wanted = TYPE_NAMES[expected] ?? expected;
  const hint = typeof input === "object" ? "" : quotingHint(expected, input);
  return `expected ${wanted}, got ${typeName(input)}${hint}`;
}

function quotingHint(expected: string, input: unknown): string {
  if (expected === "string") return "; put it in quotes";
  return coerce(input, expected) === undefined ? "" : "; remove the quotes";
}

function explainValue(values: readonly unknown[], input: unknown): string {
  const names = values.map(String);
  const hint = typeof input === "string" ? didYouMean(input, names) : "";
  return `must be ${names.length > 1 ? "one of " : ""}${quoteAll(names)}${hint}`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  array: "a list",
};

function typeName(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number" && !Number.isInteger(value)) return "a fraction";
  return TYPE_NAMES[typeof value] ?? typeof value;
}

/**
 * Makes numbers and booleans of strings that took a value from outside, where the schema wants
 * one: `port: ${PORT}` is a string to YAML. True if there was any.
 */
function coerceSubstituted(
  issues: readonly z.core.$ZodIssue[],
  document: ConfigDocument,
  { path, value }: { readonly path: Path; readonly value: unknown },
): boolean {
  let coerced = false;
  for (const issue of issues) {
    if (issue.code !== "invalid_type" || !document.isSubstituted([...path, ...issue.path])) {
      continue;
    }
    const parent = issue.path.slice(0, -1).reduce(stepInto, value);
    const key = issue.path.at(-1);
    if (!isContainer(parent) || key === undefined) continue;
    const replacement = coerce(parent[key], issue.expected);
    if (replacement === undefined) continue;
    parent[key] = replacement;
    coerced = true;
  }
  return coerced;
}

function coerce(text: unknown, expected: string): number | boolean | undefined {
  if (typeof text !== "string") return undefined;
  if (expected === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  const isNumber = (expected === "number" || expected === "int") && /^-?\d+(\.\d+)?$/.test(text);
  return isNumber ? Number(text) : undefined;
}

function stepInto(value: unknown, key: PropertyKey): unknown {
  return isContainer(value) ? value[key] : undefined;
}

function isContainer(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}

/** `baseUrl` and `base-url` are `base_url`. */
function simplify(word: string): string {
  return word.toLowerCase().replace(/[_\-. ]/g, "").slice(0, 64);
}

/** Number of insertions, deletions, replacements and swaps of neighbours between two words. */
function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current.push(Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
      ));
    }
    [beforeLast, last] = [last, current];
  }
  return last[other.length] ?? 0;
}
