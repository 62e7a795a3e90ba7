import { assertEquals } from "@std/assert";
import { StopScanner } from "../../src/anthropic/stop_scanner.ts";

/** What passes, and the stop sequence that ended it. */
function scan(stops: readonly string[], pieces: Iterable<string>): [string, string | undefined] {
  const scanner = new StopScanner(stops);
  let passed = "";
  for (const piece of pieces) {
    const match = scanner.push(piece, (clear) => passed += clear);
    if (match !== undefined) return [passed, match];
  }
  return [passed + scanner.flush(), undefined];
}

const CASES: { name: string; stops: string[]; text: string; want: [string, string | undefined] }[] =
  [
    { name: "no match", stops: ["END"], text: "an ENormous END", want: ["an ENormous ", "END"] },
    {
      name: "nothing to find",
      stops: ["END"],
      text: "an ENormous EN",
      want: ["an ENormous EN", undefined],
    },
    { name: "a match at the start", stops: ["END"], text: "END of it", want: ["", "END"] },
    {
      name: "the first of several",
      stops: ["two", "one"],
      text: "zero one two",
      want: ["zero ", "one"],
    },
    {
      name: "the one that is complete first",
      stops: ["abcd", "bc"],
      text: "xabcd",
      want: ["xa", "bc"],
    },
    {
      name: "the longest of those that end together",
      stops: ["c", "abc", "bc"],
      text: "xabc",
      want: ["x", "abc"],
    },
    { name: "the shorter of one beginning", stops: ["abc", "ab"], text: "xabc", want: ["x", "ab"] },
    { name: "a repeated beginning", stops: ["aab"], text: "aaaab", want: ["aa", "aab"] },
    {
      name: "an overlap with itself",
      stops: ["\n\n\n"],
      text: "a\n\nb\n\n\nc",
      want: ["a\n\nb", "\n\n\n"],
    },
    { name: "emoji", stops: ["🛑"], text: "👋🛡🛑👋", want: ["👋🛡", "🛑"] },
    { name: "single characters", stops: ["x"], text: "abxc", want: ["ab", "x"] },
    {
      name: "a long one",
      stops: ["\n\nHuman:"],
      text: "Hi\n\nHumans:\n\nHuman: no",
      want: ["Hi\n\nHumans:", "\n\nHuman:"],
    },
  ];

for (const { name, stops, text, want } of CASES) {
  Deno.test(`StopScanner finds ${name}, wherever the text is cut`, () => {
    assertEquals(scan(stops, [text]), want);
    assertEquals(scan(stops, text.split("")), want);
    for (let at = 1; at < text.length; at++) {
      assertEquals(scan(stops, [text.slice(0, at), text.slice(at)]), want, `cut at ${at}`);
    }
  });
}

Deno.test("StopScanner holds back only what could still become a stop sequence", () => {
  const scanner = new StopScanner(["END", "\nHuman"]);
  const passed: string[] = [];
  for (const piece of ["abc", "dE", "N", "x", "\n"]) {
    scanner.push(piece, (clear) => passed.push(clear));
  }
  assertEquals(passed, ["abc", "d", "", "ENx", ""]);
  assertEquals([scanner.flush(), scanner.flush()], ["\n", ""]);
});

Deno.test("StopScanner takes more stop sequences than a call has arguments", () => {
  const stops = Array.from({ length: 200_000 }, (_, at) => `stop${at}`);
  assertEquals(new StopScanner(stops).push("say stop7!", () => {}), "stop7");
});
