/** Where a value stands in JSON text: from its first character up to the one after its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One member of an object: its name without escapes, and where it stands, name included. */
export interface Member extends Span {
  readonly name: string;
  readonly value: Span;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/**
 * The members of the object that begins at `at` (white space before it is skipped), in order.
 *
 * A name may come twice; as in `JSON.parse` the last one counts. The text has to be valid JSON:
 * all functions here but {@link isDeeperThan} trust a `JSON.parse` that went before them.
 */
export function objectMembers(text: string, at = 0): Member[] {
  const members: Member[] = [];
  let next = skipSpace(text, skipSpace(text, at) + 1);
  while (text.charCodeAt(next) !== BRACE_CLOSE) {
    const nameEnd = stringEnd(text, next);
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = valueEnd(text, start);
    members.push({ name: stringAt(text, next, nameEnd), start: next, end, value: { start, end } });
    next = afterComma(text, end);
  }
  return members;
}

/** The member of that name that counts; undefined if there is none. */
export function lastMember(members: readonly Member[], name: string): Member | undefined {
  return members.findLast((member) => member.name === name);
}

/** The elements of the array that begins at `at` (white space before it is skipped), in order. */
export function arrayElements(text: string, at = 0): Span[] {
  const elements: Span[] = [];
  let start = skipSpace(text, skipSpace(text, at) + 1);
  while (text.charCodeAt(start) !== BRACKET_CLOSE) {
    const end = valueEnd(text, start);
    elements.push({ start, end });
    start = afterComma(text, end);
  }
  return elements;
}

/**
 * True if the text nests deeper than that; of text that is no JSON it says nothing of use.
 *
 * For texts that must not even be parsed first: of 32 MB of brackets `JSON.parse` makes a gigabyte
 * in 16 s (Deno 2.9.6).
 */
export function isDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case BRACKET_OPEN:
      case BRACE_OPEN:
        if (++depth > maxDepth) return true;
        break;
      case BRACKET_CLOSE:
      case BRACE_CLOSE:
        depth--;
        break;
      case QUOTE:
        at = stringEnd(text, at) - 1;
    }
  }
  return false;
}

/** True if an object begins at exactly that place. */
export function isObjectAt(text: string, at: number): boolean {
  return text.charCodeAt(at) === BRACE_OPEN;
}

/** Where the value that begins at exactly `at` ends. */
function valueEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return stringEnd(text, at);
  if (first === BRACE_OPEN || first === BRACKET_OPEN) return containerEnd(text, at);
  let end = at;
  while (end < text.length && !endsScalar(text.charCodeAt(end))) end++;
  return end;
}

/** Counts the depth instead of recursing: clients can nest deeper than the stack is. */
function containerEnd(text: string, at: number): number {
  let depth = 0;
  for (let place = at; place < text.length;) {
    const code = text.charCodeAt(place);
    if (code === QUOTE) {
      place = stringEnd(text, place);
      continue;
    }
    place++;
    if (code === BRACE_OPEN || code === BRACKET_OPEN) depth++;
    else if ((code === BRACE_CLOSE || code === BRACKET_CLOSE) && --depth === 0) return place;
  }
  return text.length;
}

/** `indexOf` looks for the closing quote: nearly all of a large body is inside strings. */
function stringEnd(text: string, at: number): number {
  let quote = text.indexOf('"', at + 1);
  while (quote > 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote < 0 ? text.length : quote + 1;
}

function isEscaped(text: string, quote: number): boolean {
  let before = quote - 1;
  while (text.charCodeAt(before) === BACKSLASH) before--;
  return (quote - before) % 2 === 0;
}

function stringAt(text: string, start: number, end: number): string {
  const inside = text.slice(start + 1, end - 1);
  return inside.includes("\\") ? String(JSON.parse(text.slice(start, end))) : inside;
}

/** From the end of an element to the start of the next one, or to the closing bracket. */
function afterComma(text: string, at: number): number {
  const next = skipSpace(text, at);
  return text.charCodeAt(next) === COMMA ? skipSpace(text, next + 1) : next;
}

function skipSpace(text: string, at: number): number {
  let place = at;
  while (isSpace(text.charCodeAt(place))) place++;
  return place;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function endsScalar(code: number): boolean {
  return code === COMMA || code === BRACE_CLOSE || code === BRACKET_CLOSE || isSpace(code);
}
