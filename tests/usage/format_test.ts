import { assertEquals, assertStringIncludes } from "@std/assert";
import { compileGlob } from "../../src/profiles/glob.ts";
import { PriceList } from "../../src/usage/cost.ts";
import { parseEntry } from "../../src/usage/entry.ts";
import { toCsv, toJson, toTable } from "../../src/usage/format.ts";
import { type Grouping, type Report, ReportBuilder } from "../../src/usage/report.ts";
import { usageLine } from "../support/usage_entries.ts";

const PRICES = new PriceList([{
  pattern: "m",
  matches: compileGlob("m"),
  price: { input: 2, output: 10, cacheRead: 0.2, cacheCreation: 2.5 },
}]);

function reportOf(
  by: readonly Grouping[],
  entries: readonly Parameters<typeof usageLine>[0][],
): Report {
  const builder = new ReportBuilder(by, PRICES);
  for (const entry of entries) {
    const read = parseEntry(usageLine(entry));
    if (read) builder.add(read);
  }
  return builder.report();
}

const DAYS = reportOf(["day"], [
  {
    time: "2026-11-21T12:00:00Z",
    input_tokens: 1_204_118,
    output_tokens: 96_400,
    cache_read_tokens: 18_220_931,
    cache_creation_tokens: 402_118,
  },
  { time: "2026-11-21T12:10:00Z", status: 529, error: "overloaded_error" },
  {
    time: "2026-11-22T12:00:00Z",
    input_tokens: 310_554,
    output_tokens: 21_870,
    cache_read_tokens: 4_102_667,
    cache_creation_tokens: 98_301,
  },
]);

Deno.test("toTable() aligns figures to the right, with separators and sums; as docs/usage.md shows", async () => {
  const want = `day         requests  failed      input   output  cache read  cache write   cost
2026-11-21         2       1  1,204,118   96,400  18,220,931      402,118  $8.02
2026-11-22         1       0    310,554   21,870   4,102,667       98,301  $1.91
total              3       1  1,514,672  118,270  22,323,598      500,419  $9.93`;
  assertEquals(toTable(DAYS), want);
  const page = await Deno.readTextFile(new URL("../../docs/usage.md", import.meta.url));
  assertStringIncludes(page, want);
});

Deno.test("toTable() shows - for a cost or a name that is not known", () => {
  const report = reportOf(["target", "key"], [
    { target: "a", model: "free", input_tokens: 5 },
    { target: "b", key: "laptop", input_tokens: 1_000_000 },
    { target: "b", key: "laptop", model: "free", input_tokens: 5 },
  ]);
  const rows = toTable(report).split("\n").slice(1).map((line) => line.split(/ +/));
  assertEquals(rows.map((cells) => [cells[0], cells[1], cells.at(-1)]), [
    ["a", "-", "-"],
    ["b", "laptop", "$2.00"],
    ["total", "3", "$2.00"],
  ]);
  assertEquals(report.total.unpriced, 2);
});

Deno.test("toTable() does not round a small cost to nothing", () => {
  const table = toTable(reportOf(["day"], [{ input_tokens: 5 }]));
  assertStringIncludes(table, " <$0.01");
});

Deno.test("toTable() lets no name steer the terminal", () => {
  const table = toTable(reportOf(["model"], [{ model: "\u001b[2Jx\nm" }]));
  assertEquals(table.split("\n").length, 3);
  assertStringIncludes(table, "\ufffd[2Jx\ufffdm");
});

Deno.test("toCsv() is RFC 4180, and no name is a formula", () => {
  const csv = toCsv(reportOf(["model", "key"], [
    { model: 'a,"b"', key: "=1+1", input_tokens: 7 },
    { model: "m", input_tokens: 500_000, output_tokens: 1 },
  ]));
  assertEquals(
    csv,
    "model,key,requests,failed,input_tokens,output_tokens,cache_read_tokens," +
      "cache_creation_tokens,cost_usd,unpriced_requests\r\n" +
      `"a,""b""",'=1+1,1,0,7,0,0,0,,1\r\n` +
      "m,,1,0,500000,1,0,0,1.00001,0\r\n",
  );
});

Deno.test("toJson() has plain figures, null for what is not known, and the sums", () => {
  const report = reportOf(["target"], [{ model: "free", output_tokens: 3 }]);
  const figures = {
    requests: 1,
    failed: 0,
    input_tokens: 0,
    output_tokens: 3,
    cache_read_tokens: 0,
    cache_creation_tokens: 0,
    cost_usd: null,
    unpriced_requests: 1,
  };
  assertEquals(JSON.parse(toJson(report, { since: "x" })), {
    since: "x",
    rows: [{ target: "chat", ...figures }],
    total: figures,
  });
});

Deno.test("a report of nothing has its head and sums of 0", () => {
  const rows = toTable(reportOf(["day"], [])).split("\n").map((line) => line.split(/ {2,}/));
  assertEquals(rows.slice(1), [["total", "0", "0", "0", "0", "0", "0", "$0.00"]]);
});
