import { assertEquals, assertStringIncludes } from "@std/assert";
import { quirksBlock, type Report, type Row, toTable } from "../../src/doctor/report.ts";

const ROW: Row = {
  name: "text",
  result: "pass",
  note: "fine",
  firstEventMs: undefined,
  totalMs: 12.6,
  dropped: [],
  upstream: undefined,
  cure: [],
};

const REPORT: Report = {
  target: "a",
  mode: "chat_completions",
  provider: "generic",
  model: "m",
  rows: [ROW, { ...ROW, name: "stream", result: "degraded", firstEventMs: 1.2, cure: ["stop"] }],
  quirks: {},
  requests: 2,
  inputTokens: 1,
  outputTokens: 1,
};

Deno.test("toTable() lines its columns up, times to the right", () => {
  assertEquals(toTable(REPORT).split("\n"), [
    "shape   result    first  total  dropped  what came",
    "text    pass          -  13 ms           fine",
    "stream  degraded   1 ms  13 ms           fine (see quirks: stop)",
  ]);
});

Deno.test("toTable() lets no upstream steer the terminal", () => {
  const table = toTable({ ...REPORT, rows: [{ ...ROW, note: "\x1b[2Jgone\r" }] });
  assertStringIncludes(table, "?[2Jgone?");
});

Deno.test("quirksBlock() is YAML for below a target, or nothing", () => {
  assertEquals(quirksBlock({}), undefined);
  assertEquals(
    quirksBlock({ pdf: "file_part", tool_choice: ["auto", "none"], thinking_on: null }),
    "    quirks:\n      pdf: file_part\n      tool_choice:\n        - auto\n        - none\n" +
      "      thinking_on: null",
  );
});
