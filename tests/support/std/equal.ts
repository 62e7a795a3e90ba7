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
  if (a instanceof ArrayBuffer) {
    return sameBytes(new Uint8Array(a), new Uint8Array(b as typeof a));
  }
  if (ArrayBuffer.isView(a)) {
    return sameBytes(bytesOf(a), bytesOf(b as typeof a));
  }
  seen.set(a, b);
  if (a instanceof Set) return sameSet(a, b as typeof a, seen);
  if (a instanceof Map) return sameMap(a, b as typeof a, seen);
  return sameProperties(a, b, seen);
}

function sameProperties(a: object, b: object, seen: Seen): boolean {
  if (Object.keys(a).length !== Object.keys(b).length) return false;
  // Errors and other classes keep what matters in properties that are not enumerable.
  const keys = new Set([...Reflect.ownKeys(a), ...Reflect.ownKeys(b)]);
  if (a instanceof Error) keys.delete("stack");
  for (const key of keys) {
    if (!(key in a) || !(key in b)) return false;
    if (!compare(Reflect.get(a, key), Reflect.get(b, key), seen)) return false;
  }
  return true;
}

function sameSet(a: Set<unknown>, b: Set<unknown>, seen: Seen): boolean {
  if (a.size !== b.size) return false;
  return [...a].every((item) => b.has(item) || [...b].some((other) => compare(item, other, seen)));
}

function sameMap(
  a: Map<unknown, unknown>,
  b: Map<unknown, unknown>,
  seen: Seen,
): boolean {
  if (a.size !== b.size) return false;
  return [...a].every((entry) => [...b].some((other) => compare(entry, other, seen)));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function prototypeOf(value: object): unknown {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}
