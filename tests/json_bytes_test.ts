import { assert, assertEquals } from "@std/assert";
import { findObjectList } from "../src/json_bytes.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The objects of the list `a` as they are written, and the text without them. */
function found(text: string, maxDepth = 4): { items: string[]; rest: string } | undefined {
  const bytes = encoder.encode(text);
  const list = findObjectList(bytes, "a", maxDepth);
  const cut = (from: number, to?: number) => decoder.decode(bytes.subarray(from, to));
  return list && {
    items: list.items.map(({ start, end }) => cut(start, end)),
    rest: cut(0, list.start) + cut(list.end),
  };
}

const LONG = "x".repeat(200);

const CASES: { name: string; text: string; want: ReturnType<typeof found> }[] = [
  { name: "nothing", text: "", want: undefined },
  { name: "no such member", text: '{"b":[{}]}', want: undefined },
  { name: "an empty list", text: '{"a":[]}', want: undefined },
  { name: "an object", text: '{"a":{"b":{}}}', want: undefined },
  { name: "a list of lists", text: '{"a":[[]]}', want: undefined },
  { name: "objects and others", text: '{"a":[{},1]}', want: undefined },
  { name: "others and objects", text: '{"a":[1,{}]}', want: undefined },
  { name: "no comma", text: '{"a":[{} {}]}', want: undefined },
  { name: "two commas", text: '{"a":[{},,{}]}', want: undefined },
  { name: "a comma before the end", text: '{"a":[{},]}', want: undefined },
  { name: "a list without an end", text: '{"a":[{},{}', want: undefined },
  { name: "a string without an end", text: '{"a":[{"b":"', want: undefined },
  { name: "too many levels", text: '{"a":[{}],"b":[[[[]]]]}', want: undefined },
  { name: "a list further inside", text: '{"b":{"a":[{}]}}', want: undefined },
  { name: "a list in a list", text: '[{"a":[{}]}]', want: undefined },
  { name: "a value of that name", text: '{"b":"a","c":[{}]}', want: undefined },
  {
    name: "objects, with white space",
    text: '{ "a" : [\n{"b":[1]} ,\r\t{} ] , "c" : 1 }',
    want: { items: ['{"b":[1]}', "{}"], rest: '{ "a" :  , "c" : 1 }' },
  },
  {
    name: "wide letters",
    text: '{"ä":"日","a":[{"b":"👩‍💻"}],"c":"é"}',
    want: { items: ['{"b":"👩‍💻"}'], rest: '{"ä":"日","a":,"c":"é"}' },
  },
  {
    name: "the last of two lists",
    text: '{"a":[{"b":1}],"a":[{"b":2}]}',
    want: { items: ['{"b":2}'], rest: '{"a":[{"b":1}],"a":}' },
  },
  ...["", LONG].flatMap((text) =>
    [String.raw`}\"]}`, String.raw`\\`, String.raw`\\\"{`, String.raw`\u0022"`.slice(0, -1)].map(
      (end) => ({
        name: `a string of ${text.length + end.length} that ends with ${end}`,
        text: `{"a":[{"b":"${text}${end}"},{"c":"${end}${text}"}]}`,
        want: { items: [`{"b":"${text}${end}"}`, `{"c":"${end}${text}"}`], rest: '{"a":}' },
      }),
    )
  ),
];

for (const { name, text, want } of CASES) {
  Deno.test(`findObjectList() of ${name}`, () => {
    assertEquals(found(text), want);
  });
}

Deno.test("findObjectList() reads strings right whatever their length and escapes are", () => {
  for (let length = 50; length < 80; length++) {
    for (const end of ["", String.raw`\\`, String.raw`\"`, String.raw`\\\"`, String.raw`\\\\`]) {
      const item = `{"b":"${"x".repeat(length)}${end}"}`;
      assertEquals(found(`{"a":[${item},{}]}`)?.items, [item, "{}"], item);
    }
  }
});

Deno.test("findObjectList() takes little time for a large body", () => {
  const body = encoder.encode(JSON.stringify({ a: Array(100_000).fill({ a: "some", b: [1] }) }));
  const start = performance.now();
  assertEquals(findObjectList(body, "a", 100)?.items.length, 100_000);
  assert(performance.now() - start < 500);
});
