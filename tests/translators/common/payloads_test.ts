import { assertEquals } from "@std/assert";
import { isDone, parsePayload } from "../../../src/translators/common/payloads.ts";

Deno.test("isDone() knows the end marker in every spelling", () => {
  const yes = ["[DONE]", "[done]", " [DONE] ", "data: [DONE]", "data:[DONE]"];
  const no = ["", "DONE", "[DONE]{", '{"content":"[DONE]"}', '"[DONE]"'];
  assertEquals(yes.filter((data) => !isDone(data)), []);
  assertEquals(no.filter(isDone), []);
});

Deno.test("parsePayload() reads objects, the first of an array, and blanks around them", () => {
  assertEquals(parsePayload(' {"id":"a"}  '), { id: "a" });
  assertEquals(parsePayload('[{"id":"a"}]'), { id: "a" });
  assertEquals(["x", "1", "null", "[]", "", "{"].map(parsePayload).filter(Boolean), []);
});
