import { assert, assertEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import { isEnvelope } from "../../../src/translators/common/envelope.ts";
import { chatCompletions } from "../../../src/translators/chat_completions/mod.ts";
import { chatAnswer, chunk, finish } from "../../support/chat_answer.ts";
import { replayWhole } from "../../support/replay.ts";
import { testTurn } from "../../support/turn.ts";

const SEARCH = { tools: [{ type: "web_search_20250305", name: "web_search" }] };
const cite = (url: string, title?: string) => ({
  type: "url_citation",
  url_citation: { url, ...(title ? { title } : {}) },
});
const turnOf = (request: JsonObject) =>
  testTurn({ request, quirks: { web_search: "openrouter_plugins" } });

Deno.test("Citations become search blocks where a search was offered (demands row 29)", () => {
  const { content, message } = chatAnswer(turnOf(SEARCH), [
    chunk({ content: "Cats." }),
    chunk({ annotations: [cite("https://a.test", "A"), cite("https://b.test")] }),
    chunk({ annotations: [cite("https://a.test", "A")] }),
    finish(),
  ]);
  assertEquals(content.map(({ type }) => type), [
    "text",
    "server_tool_use",
    "web_search_tool_result",
  ]);
  const [, call, result] = content;
  assertEquals([call?.name, call?.input], ["web_search", {}]);
  assertEquals(result?.tool_use_id, call?.id);
  const pages = result?.content as JsonObject[];
  assertEquals(pages.map(({ url, title }) => [url, title]), [
    ["https://a.test", "A"],
    ["https://b.test", "https://b.test"],
  ]);
  assert(pages.every(({ encrypted_content }) => isEnvelope(encrypted_content)));
  assertEquals((message.usage as JsonObject).server_tool_use, {
    web_search_requests: 1,
    web_fetch_requests: 0,
  });
  assertEquals(message.stop_reason, "end_turn");
});

Deno.test("Citations of a whole answer stand before its text", () => {
  const turn = turnOf({ ...SEARCH, stream: false });
  const message = { content: "Cats.", annotations: [cite("https://a.test")] };
  const body = { choices: [{ message, finish_reason: "stop" }] };
  const { content } = replayWhole({ turn, translator: chatCompletions }, body);
  assertEquals(content.map(({ type }) => type), [
    "server_tool_use",
    "web_search_tool_result",
    "text",
  ]);
});

Deno.test("Citations are left out where no search was offered", () => {
  const { blocks } = chatAnswer(turnOf({}), [
    chunk({ content: "Cats.", annotations: [cite("https://a.test")] }),
    finish(),
  ]);
  assertEquals(blocks, ["text:Cats."]);
});

Deno.test("Citations pass over annotations that are none", () => {
  const { blocks } = chatAnswer(turnOf(SEARCH), [
    chunk({ content: "Cats.", annotations: [null, {}, { type: "file", file: {} }] }),
    chunk({ annotations: "x" }),
    finish(),
  ]);
  assertEquals(blocks, ["text:Cats."]);
});

Deno.test("Citations that come again with more text are written once", () => {
  const annotations = [cite("https://a.test")];
  const { content } = chatAnswer(turnOf(SEARCH), [
    chunk({ content: "Cats", annotations }),
    chunk({ content: " and dogs.", annotations }),
    finish(),
  ]);
  assertEquals(content.map(({ type }) => type), [
    "server_tool_use",
    "web_search_tool_result",
    "text",
  ]);
});
