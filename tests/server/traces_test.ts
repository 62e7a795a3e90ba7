import { assertEquals } from "@std/assert";
import { guardTraces, tracesProblem } from "../../src/server/traces.ts";

Deno.test("guardTraces() does nothing where the runtime does not trace", () => {
  guardTraces();
  assertEquals(tracesProblem("false"), undefined);
});

Deno.test("tracesProblem() tells who asked for traces in vain", () => {
  assertEquals(
    tracesProblem("true"),
    "OTEL_DENO has no effect: this program was compiled without it",
  );
});
