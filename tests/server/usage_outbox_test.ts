import { assertEquals } from "@std/assert";
import { UsageOutbox } from "../../src/server/usage_outbox.ts";
import { until } from "../support/server_wait.ts";

Deno.test("UsageOutbox sends what waits by itself, and at once when it is much", async () => {
  const sent: string[] = [];
  const outbox = new UsageOutbox((lines) => sent.push(lines));
  outbox.add("a\n");
  outbox.add("b\n");
  assertEquals(sent, []);
  await until(() => sent.length > 0, "it is sent");
  assertEquals(sent, ["a\nb\n"]);
  const much = "x".repeat(64 * 1024) + "\n";
  outbox.add(much);
  assertEquals(sent.slice(1), [much]);
});

Deno.test("UsageOutbox.take() gives what was not sent, once", () => {
  const outbox = new UsageOutbox(() => {
    throw new Error("it was taken");
  });
  outbox.add("a\n");
  assertEquals([outbox.take(), outbox.take()], ["a\n", ""]);
});
