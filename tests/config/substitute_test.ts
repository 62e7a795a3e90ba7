import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { substitute } from "../../src/config/substitute.ts";
import { tableSources } from "../support/config.ts";

const SOURCES = tableSources({
  env: { KEY: "sk-1", EMPTY: "", DOLLAR: "a$b${KEY}" },
  files: { "secret.txt": "  from a file\n\n", "/run/x": "absolute" },
});

const CASES: { template: string; want: string; problems?: string[] }[] = [
  { template: "plain", want: "plain" },
  { template: "", want: "" },
  { template: "${KEY}", want: "sk-1" },
  { template: "a${KEY}b${KEY}c", want: "ask-1bsk-1c" },
  { template: "${NONE:-fallback}", want: "fallback" },
  { template: "${NONE:-}", want: "" },
  { template: "${EMPTY:-fallback}", want: "fallback" },
  { template: "${EMPTY}", want: "" },
  { template: "${KEY:-fallback}", want: "sk-1" },
  { template: "${NONE:-a:b-c d}", want: "a:b-c d" },
  { template: "${NONE:-{x}", want: "{x" },
  { template: "$$", want: "$" },
  { template: "$${KEY}", want: "${KEY}" },
  { template: "$$$${KEY}", want: "$${KEY}" },
  { template: "cost: 5$", want: "cost: 5$" },
  { template: "$KEY", want: "$KEY" },
  { template: "${DOLLAR}", want: "a$b${KEY}" },
  { template: "${file:secret.txt}", want: "from a file" },
  { template: "${file: /run/x }", want: "absolute" },
  {
    template: "${NONE}",
    want: "",
    problems: ["variable 'NONE' is not set; set it, or write '${NONE:-default}'"],
  },
  {
    template: "${A} and ${B}",
    want: " and ",
    problems: [
      "variable 'A' is not set; set it, or write '${A:-default}'",
      "variable 'B' is not set; set it, or write '${B:-default}'",
    ],
  },
  {
    template: "a${KEY",
    want: "a{KEY",
    problems: ["'${' has no closing '}'; write '$$' for a plain '$'"],
  },
  {
    template: "${not a name}",
    want: "",
    problems: [
      "'${not a name}' is not a variable; use '${VAR}', '${VAR:-default}' or '${file:PATH}', " +
      "and '$$' for a plain '$'",
    ],
  },
  { template: "${file:}", want: "", problems: ["'${file:}' names no file"] },
  {
    template: "${file:gone}",
    want: "",
    problems: ["cannot read 'gone': it does not exist"],
  },
];

for (const { template, want, problems = [] } of CASES) {
  Deno.test(`substitute() turns ${JSON.stringify(template)} into ${JSON.stringify(want)}`, () => {
    const result = substitute(template, SOURCES);
    assertEquals({ text: result.text, problems: result.problems }, { text: want, problems });
  });
}

Deno.test("substitute() says whether anything came from outside", () => {
  const changed = (template: string) => substitute(template, SOURCES).changed;
  assertEquals([changed("a"), changed("$$"), changed("${KEY}"), changed("${NONE:-}")], [
    false,
    false,
    true,
    true,
  ]);
});

Deno.test("substitute() gives back any text whose dollars are doubled", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const { text: result, problems } = substitute(text.replaceAll("$", "$$$$"), SOURCES);
    assertEquals({ result, problems }, { result: text, problems: [] });
  }));
});

Deno.test("substitute() puts any value in as it is", () => {
  fc.assert(fc.property(fc.string(), fc.string(), fc.string(), (before, value, after) => {
    const literal = (text: string) => text.replaceAll("$", "$$$$");
    const sources = tableSources({ env: { VALUE: value } });
    const { text } = substitute(`${literal(before)}\${VALUE}${literal(after)}`, sources);
    assertEquals(text, `${before}${value}${after}`);
  }));
});
