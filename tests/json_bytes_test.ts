import { assert, assertEquals } from "@std/assert";
import { type ObjectList, scanObject } from "../src/json_bytes.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function listOf(bytes: Uint8Array<ArrayBuffer>, maxDepth: number): ObjectList | undefined {
  const known = () => undefined;
  return scanObject(bytes, { list: "a", member: "m", maxDepth, knownEnd: known })?.list;
}

/** The objects of the list `a` as they are written, and the text without them. */
function found(text: string, maxDepth = 4): { items: string[]; rest: string } | undefined {
  const bytes = encoder.encode(text);
  const list = listOf(bytes, maxDepth);
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
  Deno.test(`scanObject() of ${name}`, () => {
    assertEquals(found(text), want);
  });
}

Deno.test("scanObject() reads strings right whatever their length and escapes are", () => {
  for (let length = 50; length < 80; length++) {
    for (const end of ["", String.raw`\\`, String.raw`\"`, String.raw`\\\"`, String.raw`\\\\`]) {
      const item = `{"b":"${"x".repeat(length)}${end}"}`;
      assertEquals(found(`{"a":[${item},{}]}`)?.items, [item, "{}"], item);
    }
  }
});

/** The long rests of the strings in an item, and whether they are ASCII. */
function longRests(item: string): { text: string; isAscii: boolean }[] {
  const bytes = encoder.encode(`{"a":[{},${item}]}`);
  const [, last] = listOf(bytes, 9)?.items ?? [];
  return (last?.long ?? []).map(({ start, end, isAscii }) => ({
    text: decoder.decode(bytes.subarray(start, end)),
    isAscii,
  }));
}

const BODY = "y".repeat(700);

const LONG_CASES: { name: string; string: string }[] = [
  { name: "plain letters", string: BODY },
  { name: "all short escapes", string: String.raw`x\"\\\/\b\f\n\r\t${BODY}\n\\\"` },
  { name: "wide letters", string: `é日👩‍💻${BODY}日é👩‍💻` },
  { name: "white space, then another script", string: `\u3000\\n日${BODY}` },
];

for (const { name, string } of LONG_CASES) {
  Deno.test(`scanObject() finds the long rest of ${name}, wherever it begins`, () => {
    for (let shift = 0; shift < 70; shift++) {
      const whole = "z".repeat(shift) + string;
      const [rest, ...others] = longRests(`{"b":{"c":["${whole}"]}}`);
      assertEquals(others, []);
      assert(rest && whole.endsWith(rest.text) && rest.text.length >= 600);
      assertEquals(rest.isAscii, encoder.encode(rest.text).length === rest.text.length);
    }
  });
}

const NOT_LONG: { name: string; item: string }[] = [
  { name: "a short string", item: `{"b":"${"x".repeat(500)}"}` },
  { name: "a name", item: `{"${BODY}" : 1}` },
  { name: "an escape by number", item: String.raw`{"b":"${BODY}\u00e9"}` },
  { name: "a wrong escape", item: String.raw`{"b":"${BODY}\x"}` },
  { name: "a control character", item: `{"b":"${BODY}\n"}` },
  {
    name: "a string that begins with white space",
    item: `{"b":"${String.raw` \n`.repeat(300)}x"}`,
  },
  { name: "wide white space", item: `{"b":"${"\u3000\ufeff\u00a0\u2003".repeat(30)}${BODY}"}` },
];

for (const { name, item } of NOT_LONG) {
  Deno.test(`scanObject() tells of no long rest of ${name}`, () => {
    assertEquals(longRests(item), []);
  });
}

Deno.test("scanObject() tells of long rests in its own list only", () => {
  const bytes = encoder.encode(`{"b":[{"c":"${BODY}"}],"a":[{"c":"${BODY}"}],"d":["${BODY}"]}`);
  const list = listOf(bytes, 9);
  assertEquals(list?.items.map(({ long }) => long.length), [1]);
});

Deno.test("scanObject() takes bytes that begin anywhere in their buffer", () => {
  const text = `{"a":[{"b":"${BODY}"}]}`;
  for (let shift = 0; shift < 4; shift++) {
    const bytes = encoder.encode(" ".repeat(shift) + text).subarray(shift);
    assertEquals(listOf(bytes, 9), listOf(encoder.encode(text), 9));
  }
});

/** The other member as it stands in a text, and whether it was known. */
function memberOf(text: string, known?: string): { text: string; isKnown: boolean } | undefined {
  const bytes = encoder.encode(text);
  const { member } = scanObject(bytes, {
    list: "a",
    member: "m",
    maxDepth: 9,
    knownEnd: (at) => known && text.startsWith(known, at) ? at + known.length : undefined,
  }) ?? {};
  if (!member) return undefined;
  const { start, end, isKnown } = member;
  return { text: decoder.decode(bytes.subarray(start, end)), isKnown };
}

const MEMBER = '"m" : [{"a":[{"m":[]}]}, "]"]';

Deno.test("scanObject() tells where the other member stands", () => {
  for (const text of [`{${MEMBER},"a":[{}]}`, `{"a":[{"m":[1]}],"b":["m"],${MEMBER} }`]) {
    assertEquals(memberOf(text), { text: MEMBER, isKnown: false });
    assertEquals(memberOf(text, MEMBER), { text: MEMBER, isKnown: true });
  }
});

Deno.test("scanObject() tells of the last of two other members", () => {
  const text = `{"a":[{}],${MEMBER},"m":[1]}`;
  assertEquals(memberOf(text, MEMBER), { text: '"m":[1]', isKnown: false });
  assertEquals(memberOf(text, '"m":[1]'), { text: '"m":[1]', isKnown: true });
});

Deno.test("scanObject() finds the list behind a member that it passes over", () => {
  const bytes = encoder.encode(`{"m":[{"b":"[["}],"a":[{"c":1}]}`);
  const knownEnd = (at: number) => at + '"m":[{"b":"[["}]'.length;
  const { list } = scanObject(bytes, { list: "a", member: "m", maxDepth: 9, knownEnd }) ?? {};
  assertEquals(list?.items.map(({ start, end }) => decoder.decode(bytes.subarray(start, end))), [
    '{"c":1}',
  ]);
});

for (const value of ["null", '"m"', "1", '{"b":{}}']) {
  Deno.test(`scanObject() takes ${value} for no list of the other member`, () => {
    const found = memberOf(`{"a":[{}],"m":${value},"b":[]}`);
    assertEquals(found?.text, value.startsWith("{") ? `"m":${value}` : undefined);
  });
}

Deno.test("scanObject() takes little time for a large body", () => {
  const body = encoder.encode(JSON.stringify({ a: Array(100_000).fill({ a: "some", b: [1] }) }));
  const start = performance.now();
  assertEquals(listOf(body, 100)?.items.length, 100_000);
  assert(performance.now() - start < 500);
});
