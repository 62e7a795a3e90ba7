/** Where a value stands in the bytes: from its first one up to the one after its last. */
interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** Where a list stands, brackets included, and the objects in it. */
export interface ObjectList extends ByteSpan {
  readonly items: readonly ByteSpan[];
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** Levels at which a list that is a member of the outermost object stands, and its items. */
const LIST_DEPTH = 2;
const ITEM_DEPTH = 3;

/** Strings up to this length are looked through byte by byte; a native search has to be called. */
const SHORT_STRING = 64;

const encoder = new TextEncoder();

/**
 * The last list of that name among the members of a JSON text's outermost object.
 *
 * Undefined if there is none, if it is empty or holds anything but objects, or if the text nests
 * deeper than `maxDepth`. Of bytes that are no JSON text it says nothing of use: who takes objects
 * out of it has to parse all of them, and the text without them.
 */
export function findObjectList(
  bytes: Uint8Array,
  name: string,
  maxDepth: number,
): ObjectList | undefined {
  const wanted = encoder.encode(`"${name}"`);
  let found: ObjectList | undefined;
  let items: ByteSpan[] | undefined;
  let [depth, nameAt, listAt, itemAt] = [0, 0, 0, 0];
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        if (depth === 1) nameAt = at;
        at = stringEnd(bytes, at) - 1;
        break;
      case BRACKET_OPEN:
      case BRACE_OPEN:
        if (++depth > maxDepth) return undefined;
        if (depth === ITEM_DEPTH) itemAt = at;
        else if (depth === LIST_DEPTH) {
          items = bytes[at] === BRACKET_OPEN && startsWith(bytes, nameAt, wanted) ? [] : undefined;
          listAt = at;
        }
        break;
      case BRACKET_CLOSE:
      case BRACE_CLOSE:
        if (depth === ITEM_DEPTH) items?.push({ start: itemAt, end: at + 1 });
        else if (depth === LIST_DEPTH && items) found = { start: listAt, end: at + 1, items };
        depth--;
    }
  }
  return found && holdsObjectsOnly(bytes, found) ? found : undefined;
}

/** True if nothing but commas and white space stands between the items, and all are objects. */
function holdsObjectsOnly(bytes: Uint8Array, { start, end, items }: ObjectList): boolean {
  let before = start;
  for (const item of items) {
    const next = before === start ? skipSpace(bytes, start + 1) : afterComma(bytes, before);
    if (next !== item.start || bytes[next] !== BRACE_OPEN) return false;
    before = item.end;
  }
  return before !== start && skipSpace(bytes, before) === end - 1;
}

/** Where the next value begins; -1 if there is no comma before it. */
function afterComma(bytes: Uint8Array, at: number): number {
  const comma = skipSpace(bytes, at);
  return bytes[comma] === COMMA ? skipSpace(bytes, comma + 1) : -1;
}

function skipSpace(bytes: Uint8Array, at: number): number {
  let place = at;
  while (isSpace(bytes[place])) place++;
  return place;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function startsWith(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  return wanted.every((byte, index) => bytes[at + index] === byte);
}

/** Where the string that begins at `at` ends: all bytes of a wide letter are above those of ASCII. */
function stringEnd(bytes: Uint8Array, at: number): number {
  const near = Math.min(at + SHORT_STRING, bytes.length);
  let place = at + 1;
  for (; place < near; place++) {
    if (bytes[place] === QUOTE) return place + 1;
    if (bytes[place] === BACKSLASH) place++;
  }
  let quote = bytes.indexOf(QUOTE, place);
  while (quote >= 0 && isEscaped(bytes, quote, place)) quote = bytes.indexOf(QUOTE, quote + 1);
  return quote < 0 ? bytes.length : quote + 1;
}

/** `from` is a place behind the string's beginning that no backslash escapes. */
function isEscaped(bytes: Uint8Array, quote: number, from: number): boolean {
  let before = quote - 1;
  while (before >= from && bytes[before] === BACKSLASH) before--;
  return (quote - before) % 2 === 0;
}
