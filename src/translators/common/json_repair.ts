import type { JsonObject } from "../../json.ts";

/** Deeper nesting is no tool call; it would only exhaust the stack. */
const MAX_DEPTH = 256;

/** How {@link repairJsonObject} treats text that ends too early. */
export interface RepairOptions {
  /** True if the text was cut by the output limit: what was begun and not finished is dropped. */
  readonly truncated: boolean;
}

/**
 * Reads the one object in text that is almost JSON; undefined where that would take a guess.
 *
 * Accepts raw control characters and unknown escapes in strings, trailing commas, missing closing
 * quotes and brackets, and text behind the object unless it begins another one.
 */
export function repairJsonObject(text: string, options: RepairOptions): JsonObject | undefined {
  try {
    const value = new Reader(text, options.truncated).document();
    return value as JsonObject;
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** The text is beyond repair. */
class Unreadable extends Error {}

/** Stands for a value that the end of the text cut off. */
const NOTHING = Symbol("nothing");

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  '"': '"',
  "\\": "\\",
  "/": "/",
};

/** A recursive JSON reader that forgives; holds the text and how far it has read. */
class Reader {
  readonly #text: string;
  readonly #truncated: boolean;
  #position = 0;

  constructor(text: string, truncated: boolean) {
    this.#text = text;
    this.#truncated = truncated;
  }

  document(): unknown {
    if (this.#next() !== "{") throw new Unreadable();
    const value = this.#object(0);
    if (/[{[]/.test(this.#text.slice(this.#position))) throw new Unreadable();
    return value;
  }

  /** The next character that is no white space, "" at the end of the text; does not consume it. */
  #next(): string {
    const space = /\s*/y;
    space.lastIndex = this.#position;
    space.exec(this.#text);
    this.#position = space.lastIndex;
    return this.#text.charAt(this.#position);
  }

  #value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new Unreadable();
    switch (this.#next()) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "":
        return this.#cut();
      default:
        return this.#literal();
    }
  }

  #object(depth: number): JsonObject {
    const entries: [string, unknown][] = [];
    this.#position++;
    for (let next = this.#next(); next !== "" && next !== "}"; next = this.#separator("}")) {
      if (next !== '"') throw new Unreadable();
      const key = this.#string();
      const colon = this.#next();
      if (key === NOTHING || colon === "") {
        this.#cut();
        break;
      }
      if (colon !== ":") throw new Unreadable();
      this.#position++;
      const value = this.#value(depth + 1);
      if (value !== NOTHING) entries.push([key as string, value]);
    }
    this.#close();
    // fromEntries defines properties, so that a key `__proto__` stays a key.
    return Object.fromEntries(entries);
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#position++;
    for (let next = this.#next(); next !== "" && next !== "]"; next = this.#separator("]")) {
      const value = this.#value(depth + 1);
      if (value !== NOTHING) items.push(value);
    }
    this.#close();
    return items;
  }

  /** Steps over a closing bracket, if the text did not end before it. */
  #close(): void {
    if (this.#position < this.#text.length) this.#position++;
  }

  /** Steps over a comma and returns the character behind it, or the closing one. */
  #separator(close: string): string {
    const next = this.#next();
    if (next === close || next === "") return next;
    if (next !== ",") throw new Unreadable();
    this.#position++;
    return this.#next();
  }

  #string(): string | typeof NOTHING {
    let value = "";
    let start = ++this.#position;
    for (;;) {
      const special = /["\\]/g;
      special.lastIndex = this.#position;
      const found = special.exec(this.#text);
      if (!found) break;
      value += this.#text.slice(start, found.index);
      this.#position = found.index + 1;
      if (found[0] === '"') return value;
      value += this.#escape();
      start = this.#position;
    }
    const rest = this.#text.slice(start);
    this.#position = this.#text.length;
    return this.#truncated ? NOTHING : value + rest;
  }

  /** The character that an escape stands for; the backslash itself where it escapes nothing. */
  #escape(): string {
    const kind = this.#text.charAt(this.#position);
    const simple = SIMPLE_ESCAPES[kind];
    if (simple !== undefined) {
      this.#position++;
      return simple;
    }
    const hex = this.#text.slice(this.#position + 1, this.#position + 5);
    if (kind !== "u" || !/^[0-9a-fA-F]{4}$/.test(hex)) return "\\";
    this.#position += 5;
    return String.fromCharCode(parseInt(hex, 16));
  }

  #literal(): unknown {
    const word = /[^\s,:{}[\]"]*/y;
    word.lastIndex = this.#position;
    const literal = word.exec(this.#text)?.[0] ?? "";
    this.#position += literal.length;
    try {
      return JSON.parse(literal);
    } catch {
      if (literal !== "" && this.#position === this.#text.length) return this.#cut();
      throw new Unreadable();
    }
  }

  /** Gives up a value that is not there, which only an output limit excuses. */
  #cut(): typeof NOTHING {
    if (!this.#truncated) throw new Unreadable();
    return NOTHING;
  }
}
