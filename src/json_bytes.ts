/** Where a value stands in the bytes: from its first one up to the one after its last. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** The rest of a long string behind its beginning, up to its quote. */
export interface LongRest extends ByteSpan {
  readonly isAscii: boolean;
}

/** Where an object stands, and what is long in it. */
export interface ListedObject extends ByteSpan {
  /**
   * In order, of values only, and behind something that can be seen. They are ready to be copied into
   * another JSON text, provided that they are UTF-8: they begin with a whole letter, and have neither
   * wrong escapes nor those by number.
   */
  readonly long: readonly LongRest[];
}

/** Where a list stands, brackets included, and the objects in it. */
export interface ObjectList extends ByteSpan {
  readonly items: readonly ListedObject[];
}

/** What a list is written with, in ASCII. */
export const COMMA = 0x2c;
export const BRACKET_OPEN = 0x5b;
export const BRACKET_CLOSE = 0x5d;

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** Levels at which values of the outermost object stand, and the items of lists among them. */
const VALUE_DEPTH = 2;
const ITEM_DEPTH = 3;

/** What of a string is looked at byte by byte, and is no part of its {@link LongRest}. */
const BEGINNING = 64;

/** Rests of fewer bytes are not worth their mention. */
const MIN_LONG = 512;

const NONE: readonly LongRest[] = [];

const encoder = new TextEncoder();

/** What {@link scanObject} looks for among the members of the outermost object. */
export interface Wanted {
  /** Name of the list whose objects are to be found. */
  readonly list: string;
  /** Name of another member, whose value is a list too. */
  readonly member: string;
  /** Where that member ends if it is known word for word, by where it begins: it is passed over. */
  readonly knownEnd: (at: number) => number | undefined;
  readonly maxDepth: number;
}

/** Where a member stands, name included. */
export interface FoundMember extends ByteSpan {
  readonly isKnown: boolean;
}

/** What {@link scanObject} found; of members that come twice the last one. */
export interface ObjectScan {
  readonly list: ObjectList;
  readonly member: FoundMember | undefined;
}

/**
 * Looks through a JSON text whose value is an object, without parsing it.
 *
 * Undefined if there is no such list, if it is empty or holds anything but objects, or if the text
 * nests deeper than `maxDepth`. Of bytes that are no JSON text it says nothing of use: who takes
 * objects out of it has to parse all of them, and the text without them.
 */
export function scanObject(
  bytes: Uint8Array<ArrayBuffer>,
  { list: listName, member: memberName, knownEnd, maxDepth }: Wanted,
): ObjectScan | undefined {
  const [listQuoted, memberQuoted] = [quoted(listName), quoted(memberName)];
  const strings = new StringScanner(bytes);
  let found: ObjectList | undefined;
  let member: FoundMember | undefined;
  let items: ListedObject[] | undefined;
  let long: LongRest[] = [];
  let [depth, nameAt, valueAt, itemAt] = [0, 0, 0, 0];
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE: {
        if (depth === 1) {
          nameAt = at;
          const end = startsWith(bytes, at, memberQuoted) ? knownEnd(at) : undefined;
          if (end !== undefined) {
            member = { start: at, end, isKnown: true };
            at = end - 1;
            break;
          }
        }
        const end = strings.end(at);
        const rest = items && strings.rest;
        if (rest && bytes[skipSpace(bytes, end)] !== COLON && showsSomething(bytes, at, rest)) {
          long.push(rest);
        }
        at = end - 1;
        break;
      }
      case BRACKET_OPEN:
      case BRACE_OPEN:
        if (++depth > maxDepth) return undefined;
        if (depth === ITEM_DEPTH) itemAt = at;
        else if (depth === VALUE_DEPTH) {
          valueAt = at;
          items = bytes[at] === BRACKET_OPEN && startsWith(bytes, nameAt, listQuoted)
            ? []
            : undefined;
        }
        break;
      case BRACKET_CLOSE:
      case BRACE_CLOSE:
        if (depth === ITEM_DEPTH && items) {
          items.push({ start: itemAt, end: at + 1, long: long.length > 0 ? long : NONE });
          if (long.length > 0) long = [];
        } else if (depth === VALUE_DEPTH) {
          if (items) found = { start: valueAt, end: at + 1, items };
          else if (startsWith(bytes, nameAt, memberQuoted)) {
            member = { start: nameAt, end: at + 1, isKnown: false };
          }
          items = undefined;
        }
        depth--;
    }
  }
  return found && holdsObjectsOnly(bytes, found) ? { list: found, member } : undefined;
}

function quoted(name: string): Uint8Array {
  return encoder.encode(`"${name}"`);
}

/** Finds the ends of strings, four bytes at a time, and sees what is in long ones. */
class StringScanner {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  /** Of the last string, if it was so long. */
  rest: LongRest | undefined;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    // Words begin where their buffer has them.
    this.#bytes = bytes.byteOffset === 0 ? bytes : bytes.slice();
    this.#words = new Int32Array(this.#bytes.buffer as ArrayBuffer, 0, bytes.length >> 2);
  }

  /** Where the string that begins at `at` ends: all bytes of a wide letter are above those of ASCII. */
  end(at: number): number {
    this.rest = undefined;
    const bytes = this.#bytes;
    const { length } = bytes;
    const near = at + BEGINNING;
    let place = at + 1;
    for (; place < near || (place & 3) !== 0 || isInsideLetter(bytes[place]); place++) {
      if (place >= length) return length;
      if (bytes[place] === QUOTE) return place + 1;
      if (bytes[place] === BACKSLASH) place++;
    }
    return this.#restEnd(place);
  }

  /** Goes on at a place that four divide. */
  #restEnd(start: number): number {
    const [bytes, words] = [this.#bytes, this.#words];
    let bits = 0;
    let isSound = true;
    for (let place = start;;) {
      let word = place >> 2;
      for (; word < words.length; word++) {
        const four = words[word] as number;
        bits |= four;
        if (holdsSpecial(four)) break;
      }
      place = word << 2;
      do {
        const byte = bytes[place];
        if (byte === undefined) return bytes.length;
        if (byte === QUOTE) {
          if (isSound && place - start >= MIN_LONG) {
            this.rest = { start, end: place, isAscii: (bits & 0x80808080) === 0 };
          }
          return place + 1;
        }
        if (byte === BACKSLASH) isSound = isShortEscape(bytes[++place]) && isSound;
        else if (byte < 0x20) isSound = false;
        place++;
      } while ((place & 3) !== 0);
    }
  }
}

/**
 * True if one of the four bytes is a quote, a backslash or a control character.
 *
 * @see {@link https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord}
 */
function holdsSpecial(four: number): boolean {
  const quote = four ^ 0x22222222;
  const backslash = four ^ 0x5c5c5c5c;
  const hits = ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash) |
    ((four - 0x20202020) & ~four);
  return (hits & 0x80808080) !== 0;
}

/** True for what may stand behind a backslash, but for the `u` of a number. */
function isShortEscape(byte: number | undefined): boolean {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return true;
    default:
      return false;
  }
}

/** True if more than white space stands in a string before its rest. */
function showsSomething(bytes: Uint8Array, at: number, rest: LongRest): boolean {
  for (let place = at + 1; place < rest.start; place++) {
    const byte = bytes[place] as number;
    if (byte === BACKSLASH) place++;
    else if (isVisible(byte)) return true;
  }
  return false;
}

/** True for bytes that are or begin a letter which is no white space in any script. */
function isVisible(byte: number): boolean {
  return (byte > 0x20 && byte < 0x7f) || (byte >= 0xe4 && byte <= 0xee) || byte >= 0xf0;
}

/** True for the second and later bytes of a letter in UTF-8. */
function isInsideLetter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
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
