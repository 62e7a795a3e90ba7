import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { ToolCallIds } from "../../../src/translators/common/tool_call_ids.ts";
import { testTurn } from "../../support/turn.ts";

Deno.test("ToolCallIds keeps an id that every server takes", () => {
  const ids = new ToolCallIds(testTurn());
  assertEquals(ids.claim("toolu_1", "find"), "toolu_1");
  assertEquals([ids.of("toolu_1"), ids.of("unknown")], ["toolu_1", "unknown"]);
});

Deno.test("ToolCallIds shortens an id of more than 40 characters, call and result alike", () => {
  const ids = new ToolCallIds(testTurn());
  const long = "call_" + "x".repeat(60);
  const short = ids.claim(long, "find");
  assertMatch(short, /^call_[0-9a-f]{24}$/);
  assertEquals(ids.of(long), short);
  assertNotEquals(ids.claim(`${long}y`, "find"), short);
});

Deno.test("ToolCallIds makes nine letters and digits, always the same", () => {
  const make = (id: string) =>
    new ToolCallIds(testTurn({ quirks: { tool_id: "alnum9" } })).claim(id, "find");
  assertMatch(make("toolu_1"), /^[A-Za-z0-9]{9}$/);
  assertEquals(make("toolu_1"), make("toolu_1"));
  assertNotEquals(make("toolu_1"), make("toolu_2"));
  assertEquals(make("gSIMJiOkT"), "gSIMJiOkT");
});

Deno.test("ToolCallIds keeps ids of letters, digits and a few signs for Bedrock", () => {
  const ids = new ToolCallIds(testTurn({ quirks: { tool_id: "bedrock" } }));
  const legal = ["functions.run:0", "toolu_01-a", "x".repeat(64)];
  assertEquals(legal.map((id) => ids.claim(id, "run")), legal);
  for (const id of ["", "a b", "x".repeat(65)]) {
    assertMatch(ids.claim(id, "run"), /^call_[0-9a-f]{32}$/);
  }
});

Deno.test("ToolCallIds counts all calls of the conversation where the id tells the name", () => {
  const ids = new ToolCallIds(testTurn({ quirks: { tool_id: "kimi" } }));
  assertEquals([ids.claim("a", "find"), ids.claim("b", "get_time")], [
    "functions.find:0",
    "functions.get_time:1",
  ]);
  assertEquals(ids.of("b"), "functions.get_time:1");
});
