// Runs against the stand-ins and against the real packages alike: what passes here has the same
// meaning in both.
import * as std from "@std/assert";
import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  AssertionError,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

class Point {
  constructor(readonly x: number, readonly y: number) {}
}

class Hidden {
  readonly #value: number;

  constructor(value: number) {
    this.#value = value;
  }

  get value(): number {
    return this.#value;
  }
}

class OtherPoint {
  constructor(readonly x: number, readonly y: number) {}
}

function ring(value: number): unknown {
  const node: { value: number; self?: unknown } = { value };
  node.self = node;
  return node;
}

const EQUAL: { name: string; a: unknown; b: unknown; want: boolean }[] = [
  {
    name: "nested objects in another key order",
    a: { a: 1, b: [2] },
    b: { b: [2], a: 1 },
    want: true,
  },
  { name: "an absent key and undefined", a: { a: undefined }, b: {}, want: false },
  { name: "two keys that are undefined", a: { a: undefined }, b: { b: undefined }, want: false },
  { name: "null and undefined", a: null, b: undefined, want: false },
  { name: "null and an object", a: null, b: {}, want: false },
  { name: "NaN and NaN", a: [NaN], b: [NaN], want: true },
  { name: "0 and -0", a: 0, b: -0, want: true },
  { name: "a number and its text", a: 1, b: "1", want: false },
  { name: "an array and an array-like object", a: [1], b: { 0: 1 }, want: false },
  { name: "arrays of other lengths", a: [1, 2], b: [1], want: false },
  { name: "a hole and undefined", a: [, 1], b: [undefined, 1], want: false },
  { name: "a plain object and one without a prototype", a: Object.create(null), b: {}, want: true },
  { name: "instances of one class", a: new Point(1, 2), b: new Point(1, 2), want: true },
  { name: "instances of two classes", a: new Point(1, 2), b: new OtherPoint(1, 2), want: false },
  { name: "an instance and a plain object", a: new Point(1, 2), b: { x: 1, y: 2 }, want: false },
  { name: "equal getters", a: new Hidden(1), b: new Hidden(1), want: true },
  { name: "other getters", a: new Hidden(1), b: new Hidden(2), want: false },
  { name: "symbol keys", a: { [Symbol.for("k")]: 1 }, b: { [Symbol.for("k")]: 2 }, want: false },
  { name: "equal dates", a: new Date(5), b: new Date(5), want: true },
  { name: "other dates", a: new Date(5), b: new Date(6), want: false },
  { name: "invalid dates", a: new Date(NaN), b: new Date(NaN), want: true },
  { name: "equal patterns", a: /a/g, b: /a/g, want: true },
  { name: "patterns with other flags", a: /a/g, b: /a/i, want: false },
  { name: "equal URLs", a: new URL("http://a/b"), b: new URL("http://a/b"), want: true },
  { name: "other URLs", a: new URL("http://a/b"), b: new URL("http://a/c"), want: false },
  { name: "equal bytes", a: new Uint8Array([1, 2]), b: new Uint8Array([1, 2]), want: true },
  { name: "other bytes", a: new Uint8Array([1, 2]), b: new Uint8Array([1, 3]), want: false },
  { name: "bytes and a list", a: new Uint8Array([1]), b: [1], want: false },
  {
    name: "NaN in floats",
    a: new Float64Array([NaN, 0]),
    b: new Float64Array([NaN, -0]),
    want: true,
  },
  {
    name: "views on other parts of a buffer",
    a: new Uint8Array([0, 1, 2]).subarray(1),
    b: new Uint8Array([1, 2]),
    want: true,
  },
  { name: "equal buffers", a: new ArrayBuffer(2), b: new ArrayBuffer(2), want: true },
  { name: "buffers of other lengths", a: new ArrayBuffer(2), b: new ArrayBuffer(3), want: false },
  { name: "sets in another order", a: new Set([1, 2]), b: new Set([2, 1]), want: true },
  { name: "sets of equal objects", a: new Set([{ a: 1 }]), b: new Set([{ a: 1 }]), want: true },
  { name: "other sets", a: new Set([1]), b: new Set([2]), want: false },
  {
    name: "maps in another order",
    a: new Map([[1, 2], [3, 4]]),
    b: new Map([[3, 4], [1, 2]]),
    want: true,
  },
  {
    name: "maps with other values",
    a: new Map([[1, {}]]),
    b: new Map([[1, { a: 1 }]]),
    want: false,
  },
  { name: "maps with equal object keys", a: new Map([[{}, 1]]), b: new Map([[{}, 1]]), want: true },
  { name: "errors made in two places", a: new Error("a"), b: new Error("a"), want: false },
  { name: "other errors", a: new Error("a"), b: new Error("b"), want: false },
  { name: "errors of other classes", a: new Error("a"), b: new TypeError("a"), want: false },
  { name: "equal rings", a: ring(1), b: ring(1), want: true },
  { name: "other rings", a: ring(1), b: ring(2), want: false },
  { name: "equal headers", a: new Headers({ a: "1" }), b: new Headers({ a: "1" }), want: true },
  { name: "other headers", a: new Headers({ a: "1" }), b: new Headers({ a: "2" }), want: false },
  {
    name: "functions",
    a: () => 1,
    b: () => 1,
    want: false,
  },
];

for (const { name, a, b, want } of EQUAL) {
  Deno.test(`assertEquals() ${want ? "accepts" : "refuses"} ${name}`, () => {
    const [passes, refuses] = want
      ? [assertEquals, assertNotEquals]
      : [assertNotEquals, assertEquals];
    passes(a, b);
    passes(b, a);
    assertThrows(() => refuses(a, b), AssertionError);
    assertThrows(() => refuses(b, a), AssertionError);
  });
}

const PASSING: { name: string; check: () => void }[] = [
  {
    name: "assert",
    check: () => std.assert("x"),
  },
  { name: "assertFalse", check: () => std.assertFalse("") },
  { name: "assertStrictEquals", check: () => std.assertStrictEquals(NaN, NaN) },
  { name: "assertNotStrictEquals", check: () => std.assertNotStrictEquals({}, {}) },
  { name: "assertExists", check: () => std.assertExists(0) },
  { name: "assertStringIncludes", check: () => std.assertStringIncludes("abc", "bc") },
  {
    name: "assertMatch",
    check: () => std.assertMatch("abc", /^a/),
  },
  { name: "assertNotMatch", check: () => std.assertNotMatch("abc", /^b/) },
  { name: "assertArrayIncludes", check: () => std.assertArrayIncludes([{ a: 1 }, 2], [{ a: 1 }]) },
  { name: "assertInstanceOf", check: () => std.assertInstanceOf(new TypeError(), Error) },
  { name: "assertIsError", check: () => std.assertIsError(new TypeError("abc"), TypeError, /b/) },
  { name: "assertGreater", check: () => std.assertGreater(2, 1) },
  {
    name: "assertGreaterOrEqual",
    check: () => std.assertGreaterOrEqual(2, 2),
  },
  { name: "assertLess", check: () => std.assertLess("a", "b") },
  { name: "assertLessOrEqual", check: () => std.assertLessOrEqual(1n, 1n) },
  { name: "assertAlmostEquals", check: () => std.assertAlmostEquals(0.1 + 0.2, 0.3) },
  { name: "assertAlmostEquals at infinity", check: () => assertAlmostEquals(Infinity, Infinity) },
  { name: "assertAlmostEquals in tolerance", check: () => assertAlmostEquals(1, 1.4, 0.5) },
  {
    name: "assertThrows",
    check: () => std.assertThrows(() => JSON.parse("{"), SyntaxError),
  },
  {
    name: "assertThrows with a part of the message",
    check: () => std.assertThrows(raise, Error, "bo"),
  },
  { name: "assertThrows of no error", check: () => std.assertThrows(() => raise("text")) },
];

for (const { name, check } of PASSING) {
  Deno.test(`${name}() accepts`, check);
}

const FAILING: { name: string; check: () => void; message: string }[] = [
  {
    name: "assert",
    check: () => std.assert(0, "why"),
    message: "why",
  },
  { name: "assertFalse", check: () => std.assertFalse(1, "why"), message: "why" },
  {
    name: "assertEquals",
    check: () => std.assertEquals(1, 2, "why"),
    message: "Values are not equal: why",
  },
  {
    name: "assertEquals without a reason",
    check: () => std.assertEquals(1, 2),
    message: "not equal.\n",
  },
  {
    name: "assertNotEquals",
    check: () => std.assertNotEquals("a", "a"),
    message: 'Expected actual: "a" not to be: "a".',
  },
  {
    name: "assertStrictEquals",
    check: () => std.assertStrictEquals({}, {}),
    message: "same structure but are not reference-equal",
  },
  {
    name: "assertStrictEquals of 0 and -0",
    check: () => std.assertStrictEquals(0, -0),
    message: "Values are not strictly equal",
  },
  {
    name: "assertNotStrictEquals",
    check: () => std.assertNotStrictEquals(1, 1),
    message: "to not be strictly equal",
  },
  {
    name: "assertExists",
    check: () => std.assertExists(null),
    message: 'Expected actual: "null" to not be null or undefined.',
  },
  {
    name: "assertStringIncludes",
    check: () => std.assertStringIncludes("abc", "x"),
    message: 'Expected actual: "abc" to contain: "x".',
  },
  {
    name: "assertMatch",
    check: () => std.assertMatch("abc", /x/, "why"),
    message: 'Expected actual: "abc" to match: "/x/": why',
  },
  {
    name: "assertNotMatch",
    check: () => std.assertNotMatch("abc", /a/),
    message: 'Expected actual: "abc" to not match: "/a/".',
  },
  {
    name: "assertArrayIncludes",
    check: () => assertArrayIncludes([1], [1, 2]),
    message: "missing: [",
  },
  {
    name: "assertInstanceOf",
    check: () => std.assertInstanceOf(new Date(), RegExp),
    message: 'Expected object to be an instance of "RegExp" but was "Date".',
  },
  {
    name: "assertInstanceOf of null",
    check: () => std.assertInstanceOf(null, RegExp),
    message: 'but was "null".',
  },
  {
    name: "assertIsError",
    check: () => std.assertIsError("boom"),
    message: 'Expected "error" to be an Error object.',
  },
  { name: "assertGreater", check: () => std.assertGreater(1, 1), message: "Expect 1 > 1" },
  {
    name: "assertGreaterOrEqual",
    check: () => std.assertGreaterOrEqual(1, 2),
    message: "Expect 1 >= 2",
  },
  { name: "assertLess", check: () => std.assertLess(1, 1), message: "Expect 1 < 1" },
  { name: "assertLessOrEqual", check: () => std.assertLessOrEqual(2, 1), message: "Expect 2 <= 1" },
  {
    name: "assertAlmostEquals",
    check: () => std.assertAlmostEquals(1, 2),
    message: 'Expected actual: "1" to be close to "2"',
  },
  { name: "fail", check: () => std.fail("why"), message: "Failed assertion: why" },
  { name: "unreachable", check: () => std.unreachable(), message: "Unreachable." },
  {
    name: "assertThrows of nothing",
    check: () => std.assertThrows(() => {}, "why"),
    message: "Expected function to throw: why",
  },
  {
    name: "assertThrows of another class",
    check: () => std.assertThrows(raise, TypeError),
    message: 'Expected error to be instance of "TypeError", but was "Error".',
  },
  {
    name: "assertThrows of another message",
    check: () => std.assertThrows(raise, Error, "xyz"),
    message: 'Expected error message to include "xyz", but got "boom".',
  },
  {
    name: "assertThrows of no error where a class is wanted",
    check: () => std.assertThrows(() => raise("text"), Error),
    message: "A non-Error object was thrown.",
  },
];

for (const { name, check, message } of FAILING) {
  Deno.test(`${name}() refuses and says why`, () => {
    const error = assertThrows(check, AssertionError, message);
    assertEquals(error.name, "AssertionError");
  });
}

function raise(error: unknown = new Error("boom")): never {
  throw error;
}

Deno.test("assertEquals() shows the lines that differ", () => {
  const { message } = assertThrows(
    () => assertEquals({ a: 1, b: { c: "x" } }, { a: 1, b: { c: "y" } }),
    AssertionError,
  );
  // deno-lint-ignore no-control-regex -- colours
  const lines = message.replaceAll(/\x1b\[[0-9;]*m/g, "").split("\n");
  assert(lines.some((line) => /^-\s+c: "x",$/.test(line)), message);
  assert(lines.some((line) => /^\+\s+c: "y",$/.test(line)), message);
  assert(lines.some((line) => /^\s+a: 1,$/.test(line)), message);
});

Deno.test("assertThrows() returns what was thrown", () => {
  const error = new RangeError("boom");
  assert(assertThrows(() => raise(error)) === error);
  assert(assertThrows(() => raise(error), RangeError) === error);
});

Deno.test("assertRejects() returns what the promise rejected with", async () => {
  const error = new RangeError("boom");
  assert(await assertRejects(() => Promise.reject(error)) === error);
  assert(await assertRejects(() => Promise.reject(error), RangeError, "oo") === error);
});

const NOT_REJECTING: { name: string; fn: () => Promise<unknown>; message: string }[] = [{
  name: "a promise that resolves",
  fn: () => Promise.resolve(1),
  message: "Expected function to reject.",
}, {
  name: "a function that throws",
  fn: raise,
  message: "Function throws when expected to reject.",
}, {
  name: "an error of another class",
  fn: () => Promise.reject(new TypeError("boom")),
  message: 'Expected error to be instance of "RangeError", but was "TypeError".',
}, {
  name: "an error with another message",
  fn: () => Promise.reject(new RangeError("xyz")),
  message: 'Expected error message to include "boom", but got "xyz".',
}];

for (const { name, fn, message } of NOT_REJECTING) {
  Deno.test(`assertRejects() refuses ${name}`, async () => {
    const error = await assertRejects(() => assertRejects(fn, RangeError, "boom"), AssertionError);
    assertStringIncludes(error.message, message);
  });
}

const MATCHES: {
  name: string;
  actual: Record<PropertyKey, unknown>;
  expected: Record<PropertyKey, unknown>;
  want: boolean;
}[] = [
  { name: "a subset", actual: { a: 1, b: 2 }, expected: { a: 1 }, want: true },
  { name: "a nested subset", actual: { a: { b: 1, c: 2 } }, expected: { a: { b: 1 } }, want: true },
  { name: "a superset", actual: { a: 1 }, expected: { a: 1, b: 2 }, want: false },
  { name: "another value", actual: { a: 1 }, expected: { a: 2 }, want: false },
  { name: "no key in common", actual: { a: 1 }, expected: { b: 1 }, want: false },
  {
    name: "objects in a list",
    actual: { a: [{ b: 1, c: 2 }] },
    expected: { a: [{ b: 1 }] },
    want: true,
  },
  { name: "the head of a list", actual: { a: [1, 2, 3] }, expected: { a: [1, 2] }, want: true },
  { name: "a list that is too short", actual: { a: [1] }, expected: { a: [1, 2] }, want: false },
  { name: "an instance", actual: { a: new Point(1, 2) }, expected: { a: { x: 1 } }, want: true },
  { name: "dates", actual: { a: new Date(1) }, expected: { a: new Date(2) }, want: false },
  { name: "undefined for an absent key", actual: {}, expected: { a: undefined }, want: false },
];

for (const { name, actual, expected, want } of MATCHES) {
  Deno.test(`assertObjectMatch() ${want ? "accepts" : "refuses"} ${name}`, () => {
    const check = (): void => std.assertObjectMatch(actual, expected);
    const verdict = want ? check : (): void => void assertThrows(check, AssertionError);
    verdict();
  });
}
