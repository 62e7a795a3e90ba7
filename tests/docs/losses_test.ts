import { assert, assertEquals } from "@std/assert";
import { demoConfig } from "../../src/demo/config.ts";
import { startDemoServer } from "../../src/demo/server.ts";
import { startGateway } from "../support/server_gateway.ts";

const PAGE = await Deno.readTextFile(new URL("../../docs/modes.md", import.meta.url));

const PDF = { type: "base64", media_type: "application/pdf", data: btoa("%PDF-1.4") };
const TOOL = { name: "look", input_schema: { type: "object" } };
const SEARCH = { type: "web_search_20250305", name: "web_search" };

/** A request with that part, and nothing else that could be lost; by row of the page. */
const REQUESTS: Readonly<Record<string, Record<string, unknown>>> = {
  "`top_k`": { top_k: 5 },
  "`speed: fast`": { speed: "fast" },
  "`inference_geo`": { inference_geo: "eu" },
  "`fallbacks`": { fallbacks: [{ model: "other" }] },
  "`context_management` of tool uses": {
    context_management: { edits: [{ type: "clear_tool_uses_20250919" }] },
  },
  "`context_management` of thinking": {
    context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
  },
  "`citations` of a document": user({
    type: "document",
    source: { type: "text", media_type: "text/plain", data: "words" },
    citations: { enabled: true },
  }),
  "a PDF": user({ type: "document", source: PDF }),
  "a prefilled answer": {
    messages: [{ role: "user", content: "hi" }, { role: "assistant", content: "So" }],
  },
  "a web search beside other tools": { tools: [TOOL, SEARCH] },
  "a web search alone": { tools: [SEARCH] },
  "a limit on searches (`max_uses`)": { tools: [TOOL, { ...SEARCH, max_uses: 2 }] },
  "computer use": {
    tools: [{
      type: "computer_20250124",
      name: "computer",
      display_width_px: 800,
      display_height_px: 600,
    }],
  },
  "an image by file id, in the last message": user({
    type: "image",
    source: { type: "file", file_id: "file_1" },
  }),
  "`container`": { container: "box" },
  "`mcp_servers`": { mcp_servers: [{ type: "url", name: "m", url: "https://example.com" }] },
};

/** Modes by the target of the demo that speaks them. */
const TARGETS: Readonly<Record<string, string>> = {
  chat_completions: "demo-chat",
  codex_responses: "demo-responses",
  anthropic_messages: "demo-messages",
  bedrock_converse: "demo-bedrock",
};

function user(block: unknown): Record<string, unknown> {
  return { messages: [{ role: "user", content: [{ type: "text", text: "hi" }, block] }] };
}

interface Row {
  readonly part: string;
  readonly cells: readonly string[];
}

/** The table of what is lost: its modes, and its rows. */
function readTable(): { readonly modes: readonly string[]; readonly rows: readonly Row[] } {
  const [head = "", ...rest] = PAGE.slice(PAGE.indexOf("| part of the request")).split("\n");
  const cellsOf = (line: string) => line.split("|").slice(1, -1).map((cell) => cell.trim());
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return {
    modes: cellsOf(head).slice(1).map((cell) => cell.replaceAll("`", "")),
    rows: rest.slice(1, end).map(cellsOf).map(([part = "", ...cells]) => ({ part, cells })),
  };
}

const { modes, rows } = readTable();

Deno.test("the table of what is lost has a request for each row, and a target for each mode", () => {
  assertEquals(rows.map(({ part }) => part), Object.keys(REQUESTS));
  assertEquals(modes, Object.keys(TARGETS));
});

for (const { part, cells } of rows) {
  Deno.test(`docs/modes.md is right about ${part}`, async () => {
    const demo = await startDemoServer();
    await using gateway = await startGateway(demoConfig(demo.port));
    const found: string[] = [];
    for (const [index, mode] of modes.entries()) {
      const response = await gateway.post(`/${TARGETS[mode]}/v1/messages`, {
        model: "claude-sonnet-4-5",
        max_tokens: 50,
        messages: [{ role: "user", content: "hi" }],
        ...REQUESTS[part],
      });
      const text = await response.text();
      assert(response.status === 200 || response.status === 400, text);
      const dropped = response.headers.has("x-switchyard-dropped");
      found.push(words(response.status, dropped, cells[index] ?? ""));
    }
    await demo.shutdown();
    assertEquals(found, cells);
  });
}

/** What happened, in the page's words; three of them mean that nothing was reported. */
function words(status: number, dropped: boolean, said: string): string {
  if (status === 400) return "refused";
  if (dropped) return "dropped";
  return ["kept", "not needed"].includes(said) ? said : "kept";
}
