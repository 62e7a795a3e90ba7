import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type ConfigDocument, parseConfigDocument } from "../../src/config/document.ts";
import { formatProblem } from "../../src/errors.ts";
import { tableSources } from "../support/config.ts";

function parse(text: string): ConfigDocument {
  return parseConfigDocument(text, tableSources({ env: { KEY: "value" } }));
}

function problems(text: string): string {
  return parse(text).problems.map((problem) => formatProblem("f", problem)).join("\n");
}

const VALUES: { name: string; text: string; want: unknown }[] = [
  {
    name: "scalars",
    text: "{a: 1, b: x, c: true, d: null, e: 1.5}",
    want: { a: 1, b: "x", c: true, d: null, e: 1.5 },
  },
  {
    name: "substituted strings",
    text: "a: ${KEY}\nb: [x, '${KEY}!']",
    want: { a: "value", b: ["x", "value!"] },
  },
  {
    name: "unquoted ${…} in lists and maps",
    text: "a: [${KEY}, ${N:-x}]\nb: {c: ${KEY}}",
    want: { a: ["value", "x"], b: { c: "value" } },
  },
  { name: "no ${…} in keys", text: "'${KEY}': 1", want: { "${KEY}": 1 } },
  {
    name: "anchors and aliases",
    text: "a: &x {b: 1}\nc: *x",
    want: { a: { b: 1 }, c: { b: 1 } },
  },
  {
    name: "merge keys, of which the map's own win",
    text: "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}",
    want: { a: { b: 1, c: 2 }, d: { c: 3, b: 1 } },
  },
  {
    name: "lists of merge keys, of which the earlier win",
    text: "a: &x {b: 1}\nc: &y {b: 2, e: 3}\nd: {<<: [*x, *y]}",
    want: { a: { b: 1 }, c: { b: 2, e: 3 }, d: { b: 1, e: 3 } },
  },
  { name: "dates as text", text: "a: 2024-10-21", want: { a: "2024-10-21" } },
  {
    name: "number keys as they are written",
    text: "1.0: a\n010: b",
    want: { "1.0": "a", "010": "b" },
  },
  { name: "the name of an inherited key", text: "constructor: 1", want: { constructor: 1 } },
  { name: "a byte order mark and CRLF", text: "\ufeffa: 1\r\nb: 2\r\n", want: { a: 1, b: 2 } },
  { name: "nothing in an empty text", text: "", want: undefined },
  { name: "nothing in a text of comments", text: "# a\n", want: undefined },
];

for (const { name, text, want } of VALUES) {
  Deno.test(`parseConfigDocument() reads ${name}`, () => {
    const document = parse(text);
    assertEquals(document.problems, []);
    assertEquals(plain(document.value), want);
  });
}

const PROBLEMS: { name: string; text: string; want: string; broken: boolean }[] = [
  {
    name: "an unset variable at its value",
    text: "a:\n  b: x${NONE}",
    want: "f:2:6 a.b: variable 'NONE' is not set; set it, or write '${NONE:-default}'",
    broken: false,
  },
  {
    name: "a duplicate key at the second one",
    text: "a: 1\nb: 2\na: 3",
    want: "f:3:1 a: this key stands here twice",
    broken: false,
  },
  {
    name: "a second document",
    text: "a: 1\n---\nb: 2",
    want: "f:2:1: the file holds several documents; remove everything from the second '---' on",
    broken: true,
  },
  {
    name: "an anchor that is not there",
    text: "a: *x",
    want: "f:1:4 a: no anchor '&x' stands before this",
    broken: false,
  },
  {
    name: "a merge of something else",
    text: "a: {<<: 1}",
    want: "f:1:4 a: '<<' takes a map or a list of maps",
    broken: false,
  },
  {
    name: "__proto__ as a key",
    text: "a:\n  __proto__: {b: 1}",
    want: "f:2:3 a: '__proto__' cannot be a key",
    broken: false,
  },
  {
    name: "a list as a key",
    text: "[a]: 1",
    want: "f:1:1: a key must be a plain word",
    broken: false,
  },
  {
    name: "an unknown tag",
    text: "a: !foo b",
    want: "f:1:4: not valid YAML: Unresolved tag: !foo",
    broken: true,
  },
];

for (const { name, text, want, broken } of PROBLEMS) {
  Deno.test(`parseConfigDocument() reports ${name}`, () => {
    const document = parse(text);
    assertEquals(problems(text), want);
    assertEquals(document.broken, broken);
  });
}

Deno.test("parseConfigDocument() reports a syntax error once, not all that follows from it", () => {
  const found = parse("a: {b: c d: e}}\nf: 1\ng: 2\n").problems;
  assertEquals(found.length, 1);
  assertStringIncludes(found[0]?.message ?? "", "not valid YAML");
});

Deno.test("parseConfigDocument() gives an alias bomb up", () => {
  const levels = Array.from({ length: 12 }, (_, level) => {
    const items = level === 0 ? "x" : Array(10).fill(`*a${level - 1}`).join(", ");
    return `a${level}: &a${level} [${items}]`;
  });
  assertStringIncludes(problems(levels.join("\n")), "too many or too deeply nested values");
});

Deno.test("parseConfigDocument() gives up an alias to what it stands in, and deep nesting", () => {
  assertStringIncludes(problems("a: &a\n  b: *a\n"), "too many or too deeply nested values");
  assertStringIncludes(problems(`${"[".repeat(80)}${"]".repeat(80)}`), "too deeply nested");
  assert(parse(`${"[".repeat(9000)}${"]".repeat(9000)}`).broken);
});

Deno.test("ConfigDocument knows where values and keys stand", () => {
  const document = parse("a:\n  b: [x, y]\n  c:\n    d: 1\n");
  assertEquals(document.placeOf(["a", "b", 1]), { line: 2, column: 10 });
  assertEquals(document.placeOf(["a", "c", "d"]), { line: 4, column: 8 });
  assertEquals(document.placeOfKey(["a", "c", "d"]), { line: 4, column: 5 });
  // What is missing stands at the key of the map that lacks it.
  assertEquals(document.placeOfKey(["a", "c", "missing"]), { line: 3, column: 3 });
  assertEquals(document.placeOf(["nowhere"]), { line: 1, column: 1 });
});

Deno.test("ConfigDocument keeps the file's order of keys, numbers too", () => {
  const document = parse("b: 1\n10: 2\na: 3\n2: 4\n");
  assertEquals(document.keysOf([]), ["b", "10", "a", "2"]);
  assertEquals(document.keysOf(["b"]), []);
});

/** Gives every map a prototype, which the maps of a document lack on purpose. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
