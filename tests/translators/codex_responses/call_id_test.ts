import { assertEquals, assertMatch } from "@std/assert";
import { callId } from "../../../src/translators/codex_responses/call_id.ts";

Deno.test("callId() keeps an id that the API takes", () => {
  for (const id of ["call_1", "functions.x:0", "x".repeat(64)]) assertEquals(callId(id), id);
});

Deno.test("callId() shortens one that is too long, or empty, the same way every time", () => {
  for (const id of ["", "x".repeat(65)]) {
    assertMatch(callId(id), /^call_[0-9a-f]{32}$/);
    assertEquals(callId(id), callId(id));
  }
});
