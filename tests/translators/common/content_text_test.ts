import { assert, assertEquals } from "@std/assert";
import type { ContentBlockParam, TextBlock } from "../../../src/anthropic/request.ts";
import {
  blockText,
  compactionText,
  documentBlocks,
  errorText,
  isBillingHeader,
  isServerToolBlock,
  placeholder,
  reminder,
  searchResultText,
  serverToolText,
  systemBlocks,
} from "../../../src/translators/common/content_text.ts";

const BILLING = "x-anthropic-billing-header: cc_version=2.1.197; cch=1;";
const IMAGE = { type: "image", source: { type: "url", url: "https://x" } } as const;

const SYSTEMS: { name: string; input: Parameters<typeof systemBlocks>[0]; want: string[] }[] = [
  { name: "a text", input: "be brief", want: ["be brief"] },
  { name: "nothing", input: null, want: [] },
  { name: "a blank text", input: " \n", want: [] },
  { name: "blocks without blank ones", input: [text("a"), text(" "), text("b")], want: ["a", "b"] },
  { name: "a billing header in front", input: [text(BILLING), text("a")], want: ["a"] },
  { name: "a billing header elsewhere", input: [text("a"), text(BILLING)], want: ["a", BILLING] },
  { name: "a billing header alone", input: BILLING, want: [] },
];

for (const { name, input, want } of SYSTEMS) {
  Deno.test(`systemBlocks() takes ${name}`, () => {
    assertEquals(systemBlocks(input).map((block) => block.text), want);
  });
}

Deno.test("systemBlocks() keeps the billing header for those who read it", () => {
  const blocks = systemBlocks([text(BILLING), text("a")], { billing: true });
  assertEquals(blocks.map((block) => block.text), [BILLING, "a"]);
});

Deno.test("documentBlocks() puts a text document between tags", () => {
  const block = {
    type: "document",
    source: { type: "text", media_type: "text/plain", data: "body" },
    title: 'A "b" <c>\n& d',
    context: "seen today",
  } as const;
  assertEquals(documentBlocks(block), [
    text(
      '<document title="A &quot;b&quot; &lt;c&gt; &amp; d">\nseen today\nbody\n</document>',
    ),
  ]);
});

Deno.test("documentBlocks() keeps media in place and puts the rest in words", () => {
  const content = [text("a"), IMAGE, text("b"), other({ type: "video" })];
  assertEquals(documentBlocks({ type: "document", source: { type: "content", content } }), [
    text("<document>\na"),
    IMAGE,
    text(`b${placeholder("video")}\n</document>`),
  ]);
});

for (const type of ["base64", "url", "file"] as const) {
  Deno.test(`documentBlocks() leaves a ${type} source to the mode`, () => {
    assertEquals(documentBlocks({ type: "document", source: { type } }), undefined);
  });
}

Deno.test("searchResultText() has title, source and texts", () => {
  const block = { type: "search_result", source: "s", title: "t", content: [text("a"), text("b")] };
  assertEquals(
    searchResultText(block as Parameters<typeof searchResultText>[0]),
    '<search_result title="t" source="s">\na\nb\n</search_result>',
  );
});

const SERVER_BLOCKS: { name: string; input: Record<string, unknown>; want: string }[] = [
  {
    name: "a search",
    input: { type: "server_tool_use", id: "1", name: "web_search", input: { query: "q" } },
    want: '[web_search: "q"]',
  },
  {
    name: "an MCP call",
    input: { type: "mcp_tool_use", id: "1", name: "list", server_name: "s", input: { a: 1 } },
    want: '[list: {"a":1}]',
  },
  {
    name: "search hits without what is encrypted",
    input: {
      type: "web_search_tool_result",
      tool_use_id: "1",
      content: [
        { type: "web_search_result", title: "T", url: "https://t", encrypted_content: "E" },
        { type: "web_search_result", url: "https://u", encrypted_content: "E" },
      ],
    },
    want: "[web_search result]\nT https://t\nhttps://u",
  },
  {
    name: "an error",
    input: {
      type: "web_search_tool_result",
      content: { type: "web_search_tool_result_error", error_code: "max_uses_exceeded" },
    },
    want: "[web_search result]\nmax_uses_exceeded",
  },
  {
    name: "a fetched page, but not a fetched PDF",
    input: {
      type: "web_fetch_tool_result",
      content: {
        type: "web_fetch_result",
        url: "https://t",
        content: { type: "document", source: { type: "text", data: "page" } },
      },
    },
    want: "[web_fetch result]\nhttps://t\npage",
  },
  {
    name: "the output of code",
    input: {
      type: "bash_code_execution_tool_result",
      content: { type: "bash_code_execution_result", stdout: "out", stderr: "", content: [] },
    },
    want: "[bash_code_execution result]\nout",
  },
  {
    name: "found tools",
    input: {
      type: "tool_search_tool_result",
      content: { tool_references: [{ type: "tool_reference", tool_name: "grep" }] },
    },
    want: "[tool_search result]\ngrep",
  },
  {
    name: "nothing readable",
    input: {
      type: "advisor_tool_result",
      content: { type: "advisor_redacted_result", encrypted_content: "E" },
    },
    want: "[advisor result: empty]",
  },
];

for (const { name, input, want } of SERVER_BLOCKS) {
  Deno.test(`serverToolText() puts in words ${name}`, () => {
    assertEquals(serverToolText(other(input)), want);
  });
}

Deno.test("serverToolText() has at most 4 KB, however much or deep its content is", () => {
  const long = { type: "mcp_tool_result", content: "é".repeat(10_000) };
  assert(new TextEncoder().encode(serverToolText(other(long))).length <= 4096);
  let content: unknown = "x";
  for (let level = 0; level < 50_000; level++) content = [content];
  assertEquals(serverToolText(other({ type: "mcp_tool_result", content })), "[mcp result: empty]");
});

const BLOCKS: { name: string; input: Record<string, unknown>; want: string | undefined }[] = [
  { name: "text", input: { type: "text", text: "a" }, want: "a" },
  {
    name: "a tool reference",
    input: { type: "tool_reference", tool_name: "grep" },
    want: "Tool available: grep",
  },
  {
    name: "a browser's state",
    input: { type: "browser_state", tabs: [] },
    want: '{"type":"browser_state","tabs":[]}',
  },
  {
    name: "a summary",
    input: { type: "compaction", content: "s" },
    want: "<conversation-summary>\ns\n</conversation-summary>",
  },
  { name: "an encrypted summary", input: { type: "compaction", content: null }, want: undefined },
  { name: "an image", input: IMAGE, want: undefined },
  { name: "an upload", input: { type: "container_upload", file_id: "f" }, want: undefined },
  { name: "an unknown block", input: { type: "hologram" }, want: undefined },
];

for (const { name, input, want } of BLOCKS) {
  Deno.test(`blockText() reads ${name}`, () => {
    assertEquals(blockText(other(input)), want);
  });
}

Deno.test("compactionText() reads a list of texts", () => {
  assertEquals(
    compactionText({ content: [text("a"), text("b")] }),
    "<conversation-summary>\na\nb\n</conversation-summary>",
  );
});

Deno.test("isServerToolBlock() does not take a client's tool result for a server's", () => {
  assertEquals(isServerToolBlock("tool_result"), false);
  assertEquals(isServerToolBlock("mcp_tool_result"), true);
  assertEquals(isServerToolBlock("server_tool_use"), true);
});

Deno.test("errorText() marks an error once", () => {
  assertEquals(errorText("no such file"), "Error: no such file");
  assertEquals(errorText("Error: no such file"), "Error: no such file");
});

Deno.test("placeholder(), reminder() and isBillingHeader() use the words that clients know", () => {
  assertEquals(placeholder("image"), "[image omitted: not supported by this model]");
  assertEquals(reminder("x"), "<system-reminder>\nx\n</system-reminder>");
  assert(isBillingHeader(BILLING));
});

function text(content: string): TextBlock {
  return { type: "text", text: content };
}

/** A block of a type that has no type of its own here. */
function other(block: Readonly<Record<string, unknown>>): ContentBlockParam {
  return block as unknown as ContentBlockParam;
}
