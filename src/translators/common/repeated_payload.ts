import { isObject, type JsonObject, tryParseJson } from "../../json.ts";

/** The way to a value: names of members, and indexes of lists. */
export type ValuePath = readonly [...(string | number)[], string];

/** What the payloads of a stream may differ in. */
export interface RepeatedShape {
  /** Where the text of a delta may stand. */
  readonly texts: readonly ValuePath[];
  /** Members of the payload that change with every event and that nobody reads. */
  readonly ignored: readonly string[];
}

/** What stands in a hole while a payload is learned; no model writes the text. */
const PROBES = { text: "\ue000switchyard\ue001", string: "0", number: 0 } as const;

/** Longest payload that is learned; a delta with more around it is rare. */
const MAX_LEARNED = 4 * 1024;

/** Payloads that are learned in a row without any use before it is given up. */
const MAX_VAIN = 8;

const QUOTE = '"';
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** A place in a payload that may change, from its first character to behind its last. */
interface Hole {
  readonly name: string;
  readonly kind: "text" | "string" | "number";
  readonly start: number;
  readonly end: number;
}

/** A payload, cut where it may change. */
interface Template {
  readonly holes: readonly Hole[];
  /** What stands before each hole. */
  readonly before: readonly string[];
  readonly after: string;
  readonly payload: JsonObject;
  /** The object within the payload that the text is a member of, and under which name. */
  readonly holder: Record<string, unknown>;
  readonly name: string;
}

/**
 * Reads payloads that equal the one before them but for the text of their delta, which most events
 * of a stream do: to compare all else costs a fifth of parsing it (Chat Completions, Deno 2.9.6).
 *
 * The text is taken only if a parser would have found the same. The payload is one object with
 * ever new text: nobody may keep the part of it that holds the text.
 */
export class RepeatedPayload {
  readonly #shape: RepeatedShape;
  #template: Template | undefined;
  #vain = 0;

  constructor(shape: RepeatedShape) {
    this.#shape = shape;
  }

  /** The payload; undefined where only a parser can tell. */
  read(data: string): JsonObject | undefined {
    const template = this.#template;
    if (!template) return undefined;
    const text = textIn(template, data);
    if (text === undefined) return undefined;
    this.#vain = 0;
    template.holder[template.name] = text;
    return template.payload;
  }

  /** Remembers a payload that had to be parsed, if it brings text. */
  learn(data: string, payload: JsonObject): void {
    if (this.#vain > MAX_VAIN || data.length > MAX_LEARNED) return;
    const path = this.#shape.texts.find((path) => {
      const text = valueAt(payload, path);
      return typeof text === "string" && text !== "";
    });
    if (!path) return;
    this.#vain++;
    this.#template = makeTemplate(data, path, this.#shape.ignored);
  }
}

/** The text, if all else is as in the template. */
function textIn({ holes, before, after }: Template, data: string): string | undefined {
  let at = 0;
  let text: string | undefined;
  for (let hole = 0; hole < holes.length; hole++) {
    const literal = before[hole] ?? "";
    const start = at + literal.length;
    // Cut and compared, because `startsWith` takes twenty times as long for this length.
    if (data.slice(at, start) !== literal) return undefined;
    const kind = holes[hole]?.kind;
    at = kind === "number" ? digitsEnd(data, start) : stringEnd(data, start);
    if (at < start) return undefined;
    if (kind !== "text") continue;
    text = unescaped(data.slice(start, at));
    if (text === undefined) return undefined;
  }
  return data.slice(at) === after ? text : undefined;
}

function makeTemplate(
  data: string,
  path: ValuePath,
  ignored: readonly string[],
): Template | undefined {
  const name = path[path.length - 1] as string;
  const text = findHole(data, name);
  if (text?.kind !== "string") return undefined;
  const others = ignored.flatMap((other) => findHole(data, other) ?? []);
  const holes = [{ ...text, kind: "text" as const }, ...others].sort((a, b) => a.start - b.start);
  const before = holes.map(({ start }, hole) => data.slice(holes[hole - 1]?.end ?? 0, start));
  const after = data.slice(holes.at(-1)?.end);
  // A parser has the last word on what the holes are: they may not be where they seem to be.
  const probe = holes.map(({ kind }, hole) => `${before[hole]}${PROBES[kind]}`).join("") + after;
  const payload = tryParseJson(probe);
  if (!isObject(payload)) return undefined;
  const holder = valueAt(payload, path.slice(0, -1));
  if (!isObject(holder) || holder[name] !== PROBES.text) return undefined;
  if (others.some(({ name, kind }) => payload[name] !== PROBES[kind])) return undefined;
  return { holes, before, after, payload, holder, name };
}

/** The value of the only member of that name, if it is a text or a whole number. */
function findHole(data: string, name: string): Hole | undefined {
  const marker = `"${name}":`;
  const at = data.indexOf(marker);
  if (at < 0 || data.indexOf(marker, at + 1) >= 0) return undefined;
  let start = at + marker.length;
  while (data.charCodeAt(start) === SPACE) start++;
  const kind = data[start] === QUOTE ? "string" : "number";
  if (kind === "string") start++;
  const end = kind === "string" ? stringEnd(data, start) : digitsEnd(data, start);
  return end < 0 || (kind === "number" && end === start) ? undefined : { name, kind, start, end };
}

/** The place of the quote that ends a string; negative if there is none. */
function stringEnd(data: string, from: number): number {
  for (let at = data.indexOf(QUOTE, from); at >= 0; at = data.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (at - backslashes > from && data.charCodeAt(at - 1 - backslashes) === BACKSLASH) {
      backslashes++;
    }
    if (backslashes % 2 === 0) return at;
  }
  return -1;
}

/** The place behind the last digit. */
function digitsEnd(data: string, from: number): number {
  let at = from;
  while (data.charCodeAt(at) >= DIGIT_0 && data.charCodeAt(at) <= DIGIT_9) at++;
  return at;
}

/** What the inside of a JSON string says; undefined if it is none. */
function unescaped(inside: string): string | undefined {
  for (let at = 0; at < inside.length; at++) {
    const code = inside.charCodeAt(at);
    if (code !== BACKSLASH && code >= SPACE) continue;
    const text = tryParseJson(QUOTE + inside + QUOTE);
    return typeof text === "string" ? text : undefined;
  }
  return inside;
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value as Record<string | number, unknown> | null | undefined;
  for (const key of path) {
    if (typeof at !== "object") return undefined;
    at = at?.[key] as typeof at;
  }
  return at;
}
