import { assertEquals } from "@std/assert";
import { targetNamesOf } from "../../src/config/target_names.ts";

const CASES: { name: string; text: string; want: string[] }[] = [
  { name: "a sound file", text: "targets:\n  a: {api_mode: x}\n  b-2: {}\n", want: ["a", "b-2"] },
  { name: "a file with problems", text: "lisen: 1\ntargets: {a: 5, c: }\n", want: ["a", "c"] },
  { name: "a variable that is not set", text: "targets: {a: {api_key: '${NO}'}}", want: ["a"] },
  { name: "no targets", text: "listen: {}\n", want: [] },
  { name: "a list of targets", text: "targets: [a]\n", want: [] },
  { name: "a file that is being written", text: "targets: {a: {\n\t}", want: ["a"] },
  { name: "nothing", text: "", want: [] },
];

for (const { name, text, want } of CASES) {
  Deno.test(`targetNamesOf() reads ${name}`, () => {
    assertEquals(targetNamesOf(text), want);
  });
}
