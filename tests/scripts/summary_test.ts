import { assertEquals } from "@std/assert";
import { formatCounts, readCounts } from "../../scripts/summary.ts";

const CASES: { name: string; output: string; code: number; want: string }[] = [
  {
    name: "a plain summary",
    output: "a ... ok (1ms)\n\nok | 12 passed | 0 failed (2s)\n\n",
    code: 0,
    want: "12 passed, 0 failed",
  },
  {
    name: "colours",
    output: "\x1b[0m\x1b[32mok\x1b[0m | 1 passed | 0 failed \x1b[38;5;245m(15ms)\x1b[0m\n",
    code: 0,
    want: "1 passed, 0 failed",
  },
  {
    name: "steps, ignored and filtered tests",
    output: "ok | 2 passed (3 steps) | 0 failed | 4 ignored (1 step) | 5 filtered out (1m2s)\n",
    code: 0,
    want: "4 skipped\n2 passed, 0 failed",
  },
  {
    name: "failures",
    output: "FAILED | 2 passed | 3 failed (1 step) (7ms)\n",
    code: 1,
    want: "2 passed, 3 failed",
  },
  {
    name: "the last of two summaries",
    output: "ok | 99 passed | 0 failed (1ms)\nFAILED | 1 passed | 1 failed (1ms)\n",
    code: 1,
    want: "1 passed, 1 failed",
  },
  {
    name: "a run without a summary",
    output: "error: Type checking failed.\n",
    code: 1,
    want: "0 passed, 1 failed",
  },
  { name: "silence", output: "", code: 0, want: "0 passed, 1 failed" },
  {
    name: "an exit code that no test owns",
    output: "ok | 3 passed | 0 failed (1ms)\n",
    code: 1,
    want: "3 passed, 1 failed",
  },
  {
    name: "a summary inside a line",
    output: "note: ok | 9 passed | 0 failed (1ms)\nok | 1 passed | 0 failed (1ms)\n",
    code: 0,
    want: "1 passed, 0 failed",
  },
];

for (const { name, output, code, want } of CASES) {
  Deno.test(`readCounts() reads ${name}`, () => {
    assertEquals(formatCounts(readCounts(output, code)), want);
  });
}
