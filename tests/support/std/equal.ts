/**
 * Tells whether two values are deeply equal, as `@std/assert` understands it.
 *
 * Unlike `node:assert` it holds 0 and -0 for equal, and an object without a prototype for equal
 * to a plain one. An absent key and one that is undefined differ.
 */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

type Seen = Map<object, object>;

function compare(a: unknown, b: unknown, seen: Seen): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (prototypeOf(a) !== prototypeOf(b)) return false;
  if (seen.get(a) === b) return true;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof RegExp || a instanceof URL || a instanceof URLSearchParams) {
    return String(a) === String(b);
  }
  if (a instanceof WeakMap || a instanceof WeakSet) {
    throw new TypeError(`Cannot compare ${a.constructor.name} instances`);
  }
  if (a instanceof ArrayBuffer) return sameItems(new Uint8Array(a), new Uint8Array(b as typeof a));
  if (isTypedArray(a)) return sameItems(a, b as typeof a);
  seen.set(a, b);
  if (a instanceof Set) return sameSet(a, b as typeof a, seen);
  if (a instanceof Map) return sameMap(a, b as typeof a, seen);
  return sameProperties(a, b, seen);
}

function sameProperties(a: object, b: object, seen: Seen): boolean {
  if (Object.keys(a).length !== Object.keys(b).length) return false;
  // Errors keep what matters in properties that are not enumerable. Their stacks count, as in the
  // real package: two errors made in two places are never equal.
  for (const key of new Set([...keysOf(a), ...keysOf(b)])) {
    if (!(key in a) || !(key in b)) return false;
    if (!compare(Reflect.get(a, key), Reflect.get(b, key), seen)) return false;
  }
  return true;
}

/** The keys of an object and of its classes: a getter counts like a property. */
function keysOf(value: object): PropertyKey[] {
  const keys: PropertyKey[] = [];
  for (
    let level: object | null = value;
    level && level !== Object.prototype && level !== Array.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    keys.push(...Reflect.ownKeys(level));
  }
  return keys;
}

function sameSet(a: Set<unknown>, b: Set<unknown>, seen: Seen): boolean {
  if (a.size !== b.size) return false;
  return [...a].every((item) => b.has(item) || [...b].some((other) => compare(item, other, seen)));
}

function sameMap(a: Map<unknown, unknown>, b: Map<unknown, unknown>, seen: Seen): boolean {
  if (a.size !== b.size) return false;
  return [...a].every((entry) => [...b].some((other) => compare(entry, other, seen)));
}

function sameItems(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index] && !Object.is(a[index], b[index])) return false;
  }
  return true;
}

function isTypedArray(value: object): value is Uint8Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function prototypeOf(value: object): unknown {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}
