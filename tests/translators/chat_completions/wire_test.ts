import { assertEquals } from "@std/assert";
import {
  chunkError,
  chunkUsage,
  firstChoice,
} from "../../../src/translators/chat_completions/wire.ts";

Deno.test("firstChoice() finds the choice with index 0, or without an index", () => {
  assertEquals(firstChoice({ choices: [{ index: 1 }, { index: 0, a: 1 }] }), { index: 0, a: 1 });
  assertEquals(firstChoice({ choices: [{ index: "0" }] }), { index: "0" });
  assertEquals(firstChoice({ choices: [null, { a: 1 }] }), { a: 1 });
  assertEquals([{}, { choices: {} }, { choices: [] }].map(firstChoice).filter(Boolean), []);
});

Deno.test("chunkUsage() takes only what counts something", () => {
  const usage = { prompt_tokens: 0 };
  assertEquals(chunkUsage({ usage }), usage);
  assertEquals(chunkUsage({ usage: null, x_groq: { usage } }), usage);
  assertEquals(
    [{}, { usage: {} }, { usage: [] }, { x_groq: 1 }].map(chunkUsage).filter(Boolean),
    [],
  );
});

Deno.test("chunkError() tells errors from chunks", () => {
  const error = { error: { message: "no" } };
  assertEquals(chunkError(error, undefined), error);
  assertEquals(chunkError({ error: null, choices: [] }, undefined), undefined);
  assertEquals(chunkError({ message: "no", code: 1 }, undefined), { message: "no", code: 1 });
  assertEquals(chunkError({ choices: [], message: "x" }, undefined), undefined);
  assertEquals(chunkError({ choices: [] }, "error"), { choices: [] });
});
