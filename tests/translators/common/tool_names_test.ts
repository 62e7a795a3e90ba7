import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import * as fc from "fast-check";
import { shortHash } from "../../../src/translators/common/hash.ts";
import { ToolNames } from "../../../src/translators/common/tool_names.ts";

const LONG = `mcp__a_server_with_a_long_name__${"a_tool_with_a_long_name_".repeat(2)}`;

const CASES: { name: string; input: string; want: string }[] = [
  { name: "keeps a legal name", input: "Read_file-2", want: "Read_file-2" },
  { name: "keeps a name of the greatest length", input: "x".repeat(64), want: "x".repeat(64) },
  { name: "shortens a long name", input: LONG, want: `${LONG.slice(0, 55)}_${shortHash(LONG)}` },
  { name: "replaces other characters", input: "a.b/c", want: `a_b_c_${shortHash("a.b/c")}` },
  { name: "names what has no name", input: "", want: `_${shortHash("")}` },
];

for (const { name, input, want } of CASES) {
  Deno.test(`ToolNames ${name}`, () => {
    const names = new ToolNames(64);
    assertEquals(names.upstream(input), want);
    assertEquals(names.upstream(input), want);
    assertEquals(names.original(want), input);
  });
}

Deno.test("ToolNames returns an unknown upstream name as it is", () => {
  assertEquals(new ToolNames(64).original("invented"), "invented");
});

Deno.test("ToolNames extends the hash when a declared tool has the short name", () => {
  const short = `${LONG.slice(0, 55)}_${shortHash(LONG)}`;
  const names = new ToolNames(64);
  names.declare([LONG, short]);
  assertEquals(names.upstream(short), short);
  assertEquals(names.upstream(LONG), `${LONG.slice(0, 51)}_${shortHash(LONG, 12)}`);
});

Deno.test("ToolNames gives a later legal name another one when it is taken", () => {
  const names = new ToolNames(64);
  const short = names.upstream(LONG);
  assertNotEquals(names.upstream(short), short);
  assertEquals(names.original(names.upstream(short)), short);
});

Deno.test("ToolNames maps any names to legal, different ones and back", () => {
  const name = fc.oneof(
    fc.string(),
    fc.string({ minLength: 60, maxLength: 80 }),
    fc.constantFrom("a.b", "a/b", "a_b", LONG, `${LONG}x`),
  );
  fc.assert(
    fc.property(fc.array(name), fc.array(name), fc.integer({ min: 16, max: 64 }), (a, b, max) => {
      const names = new ToolNames(max);
      names.declare(a);
      const all = [...new Set([...a, ...b])];
      const upstream = all.map((each) => names.upstream(each));
      assertEquals(new Set(upstream).size, all.length);
      assertEquals(upstream.map((each) => names.original(each)), all);
      for (const each of upstream) assertMatch(each, /^[a-zA-Z0-9_-]+$/);
      assert(upstream.every((each) => each.length <= max));
    }),
  );
});
