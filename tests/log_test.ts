import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  configureLog,
  getLogger,
  hideSecrets,
  hideTemporarily,
  type LogOptions,
  redact,
  temporarySecrets,
} from "../src/log.ts";

/** Lines that a logger wrote under those options. */
function linesOf(options: LogOptions, use: (log: ReturnType<typeof getLogger>) => void): string[] {
  const lines: string[] = [];
  configureLog({ ...options, write: (line) => lines.push(line) });
  try {
    use(getLogger("test"));
    return lines;
  } finally {
    configureLog({ level: "error", format: "json" });
  }
}

Deno.test("getLogger() writes one JSON object a line", () => {
  const [line] = linesOf({ format: "json" }, (log) => log.info("hello\nworld", { count: 3 }));
  assert(line !== undefined && !line.includes("\n"));
  const { time, ...record } = JSON.parse(line);
  assertMatch(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assertEquals(record, { level: "info", category: "test", message: "hello\nworld", count: 3 });
});

Deno.test("getLogger() writes text that outside data cannot break out of", () => {
  const [line] = linesOf({ format: "text" }, (log) => {
    log.warn("evil\n\x1b[31mred", {
      plain: "a/b",
      spaced: "a b",
      none: undefined,
      list: [1, "\n"],
    });
  });
  assertEquals(
    line?.replace(/^\S+/, "TIME"),
    'TIME WARN  test: evil\\n\\u001b[31mred plain=a/b spaced="a b" list=[1,"\\n"]',
  );
});

Deno.test("getLogger() writes only what is severe enough", () => {
  const all = (log: ReturnType<typeof getLogger>) => {
    for (const level of ["debug", "info", "warn", "error"] as const) {
      if (log.isEnabled(level)) log[level](level);
    }
  };
  assertEquals(linesOf({ format: "json", level: "warn" }, all).length, 2);
  assertEquals(linesOf({ format: "json", level: "debug" }, all).length, 4);
  assertEquals(linesOf({ format: "json" }, all).length, 3);
});

Deno.test("getLogger() obeys options that were set after it was made", () => {
  const log = getLogger("early");
  assertEquals(linesOf({ format: "json", level: "debug" }, () => log.debug("x")).length, 1);
});

Deno.test("getLogger() writes errors and big numbers", () => {
  const [line] = linesOf({ format: "json" }, (log) => {
    log.error("failed", { error: new TypeError("why"), big: 5n });
  });
  const { error, big } = JSON.parse(line ?? "{}");
  assertEquals({ error, big }, { error: "TypeError: why", big: "5" });
});

Deno.test("getLogger() hides keys wherever they stand", () => {
  hideSecrets(["my-secret/value+1", 'with"quote']);
  for (const format of ["json", "text"] as const) {
    const [line] = linesOf({ format }, (log) => {
      log.info("the key my-secret/value+1 is wrong", {
        url: "http://h/?key=my-secret/value+1",
        nested: { deep: ["my-secret/value+1", 'with"quote'] },
        headers: { Authorization: "Bearer abc", "x-api-key": "k", accept: "json" },
        error: new Error("my-secret/value+1"),
      });
    });
    assert(line !== undefined);
    for (const secret of ["my-secret", "quote", "Bearer abc", '"k"']) {
      assert(!line.includes(secret), `${format} shows ${secret}: ${line}`);
    }
    assert(line.includes("json"));
  }
});

const PATTERNS: { text: string; want: string }[] = [
  { text: "key sk-proj-abcdefgh1234 end", want: "key [redacted] end" },
  { text: "sk-ant-api03-AbCd_efgh", want: "[redacted]" },
  { text: "Authorization: Bearer abc.def-ghi", want: "Authorization: Bearer [redacted]" },
  { text: "gsk_abcdefghijkl", want: "[redacted]" },
  { text: "AIzaSyA1234567890abcdefghijklmnop", want: "[redacted]" },
  { text: "AKIAIOSFODNN7EXAMPLE", want: "[redacted]" },
  { text: "a task-based risk-averse plan", want: "a task-based risk-averse plan" },
  { text: "sk-short", want: "sk-short" },
];

for (const { text, want } of PATTERNS) {
  Deno.test(`redact() makes '${want}' of '${text}'`, () => {
    assertEquals(redact(text), want);
  });
}

Deno.test("hideSecrets() spares values so short that they are ordinary words", () => {
  hideSecrets(["", "ab", "key"]);
  assertEquals(redact("abkey"), "abkey");
});

Deno.test("hideSecrets() takes a key for text, and the longest first", () => {
  hideSecrets(["a.b.c.d", "prefix-", "prefix-and-more"]);
  assertEquals(redact("axbxcxd prefix-and-more"), "axbxcxd [redacted]");
});

Deno.test("hideTemporarily() hides values until many others came after them", () => {
  hideTemporarily(["short-lived-0", "ab", ""]);
  assertEquals(redact("x short-lived-0 ab"), "x [redacted] ab");
  hideTemporarily(Array.from({ length: 32 }, (_, at) => `short-lived-${at + 1}`));
  assertEquals(redact("short-lived-32."), "[redacted].");
  assertEquals(temporarySecrets().length, 32);
  assertEquals(redact("x short-lived-0"), "x short-lived-0");
});
