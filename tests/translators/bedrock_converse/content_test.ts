import { assert, assertEquals, assertThrows } from "@std/assert";
import { UnsupportedFeatureError } from "../../../src/errors.ts";
import type { JsonObject } from "../../../src/json.ts";
import { converseCall, messagesOf, MODELS } from "../../support/converse.ts";
import { PIXEL_PNG } from "../../support/claude_code_turn.ts";
import type { TurnParts } from "../../support/turn.ts";

const PDF = "JVBERi0xLjQK";
const base64 = (media_type: string, data = PIXEL_PNG) => ({ type: "base64", media_type, data });
const image = (media_type: string) => ({ type: "image", source: base64(media_type) });
const pdf = (extra: JsonObject = {}) => ({
  type: "document",
  source: base64("application/pdf", PDF),
  ...extra,
});
const TEXT = { type: "text", text: "Look." };
const CITED = { citations: { enabled: true } };

/** The blocks that the user's last message becomes, before the text that every case ends with. */
function contentOf(block: JsonObject, target: TurnParts = {}) {
  const call = converseCall({
    ...target,
    request: { messages: [{ role: "user", content: [block, TEXT] }] },
  });
  const content = messagesOf(call)[0]?.content as JsonObject[];
  return { content: content.slice(0, -1), lost: call.lost };
}

interface Case {
  readonly name: string;
  readonly block: JsonObject;
  readonly target?: TurnParts;
  readonly want: readonly JsonObject[];
  readonly lost?: readonly string[];
}

const NOVA: TurnParts = { model: MODELS.nova };
const HERE = "messages.0.content.0";

const CASES: readonly Case[] = [
  { name: "a text", block: { type: "text", text: "Hi", citations: [] }, want: [{ text: "Hi" }] },
  { name: "no blank text", block: { type: "text", text: " \n" }, want: [] },
  ...[["image/png", "png"], ["image/jpeg", "jpeg"], ["image/gif", "gif"], ["image/webp", "webp"]]
    .map(([type = "", format = ""]): Case => ({
      name: `an image of type ${type}`,
      block: { ...image(type), transformations: [] },
      want: [{ image: { format, source: { bytes: PIXEL_PNG } } }],
    })),
  {
    name: "a placeholder for an image of another type",
    block: image("image/bmp"),
    want: [{ text: "[image omitted: not supported by this model]" }],
    lost: [HERE],
  },
  {
    name: "a placeholder for an image that the model does not see",
    block: image("image/png"),
    target: { model: MODELS.gptOss },
    want: [{ text: "[image omitted: not supported by this model]" }],
    lost: [HERE],
  },
  {
    name: "a PDF",
    block: pdf({ title: "Report.pdf" }),
    want: [{ document: { format: "pdf", name: "Report pdf", source: { bytes: PDF } } }],
  },
  {
    name: "a PDF with what Claude reads beside it",
    block: pdf({ title: "R", context: "Draft", ...CITED }),
    want: [{
      document: {
        format: "pdf",
        name: "R",
        source: { bytes: PDF },
        context: "Draft",
        citations: { enabled: true },
      },
    }],
  },
  {
    name: "a PDF to Nova, and its context before it",
    block: pdf({ context: "Draft", ...CITED }),
    target: NOVA,
    want: [{ text: "Draft" }, {
      document: { format: "pdf", name: "document", source: { bytes: PDF } },
    }],
    lost: [`${HERE}.citations`],
  },
  {
    name: "a document of another format",
    block: { type: "document", source: base64("text/csv", "YSxi") },
    want: [{ document: { format: "csv", name: "document", source: { bytes: "YSxi" } } }],
  },
  {
    name: "a placeholder for a document of an unknown format",
    block: { type: "document", source: base64("application/zip", "UEs=") },
    want: [{ text: "[document omitted: not supported by this model]" }],
    lost: [HERE],
  },
  {
    name: "a placeholder with the address of a document elsewhere",
    block: { type: "document", source: { type: "url", url: "https://a.test/x.pdf" } },
    want: [{ text: "[document https://a.test/x.pdf omitted: not supported by this model]" }],
    lost: [HERE],
  },
  {
    name: "a text document in place",
    block: { type: "document", title: "T", source: { type: "text", data: "Hello" } },
    want: [{ text: '<document title="T">\nHello\n</document>' }],
  },
  {
    name: "a text document that Claude may cite",
    block: { type: "document", title: "T", source: { type: "text", data: "Hello" }, ...CITED },
    want: [{
      document: {
        format: "txt",
        name: "T",
        source: { text: "Hello" },
        citations: { enabled: true },
      },
    }],
  },
  {
    name: "a text document in place for a model that cannot cite",
    block: { type: "document", source: { type: "text", data: "Hello" }, ...CITED },
    target: NOVA,
    want: [{ text: "<document>\nHello\n</document>" }],
    lost: [`${HERE}.citations`],
  },
  {
    name: "a document of blocks, texts and images in place",
    block: {
      type: "document",
      source: { type: "content", content: [{ type: "text", text: "A" }, image("image/png")] },
    },
    want: [
      { text: "<document>\nA" },
      { image: { format: "png", source: { bytes: PIXEL_PNG } } },
      { text: "\n</document>" },
    ],
  },
  {
    name: "a document of texts that Claude may cite",
    block: {
      type: "document",
      source: {
        type: "content",
        content: [{ type: "text", text: "A" }, { type: "text", text: "B" }],
      },
      ...CITED,
    },
    want: [{
      document: {
        format: "txt",
        name: "document",
        source: { content: [{ text: "A" }, { text: "B" }] },
        citations: { enabled: true },
      },
    }],
  },
  {
    name: "a search result",
    block: {
      type: "search_result",
      source: "https://a.test",
      title: "A",
      content: [{ type: "text", text: "B" }],
      ...CITED,
    },
    want: [{
      searchResult: {
        source: "https://a.test",
        title: "A",
        content: [{ text: "B" }],
        citations: { enabled: true },
      },
    }],
  },
  {
    name: "a search result as text for others",
    block: {
      type: "search_result",
      source: "s",
      title: "A",
      content: [{ type: "text", text: "B" }],
    },
    target: NOVA,
    want: [{ text: '<search_result title="A" source="s">\nB\n</search_result>' }],
  },
  {
    name: "a readable compaction",
    block: { type: "compaction", content: "Sum" },
    want: [{ text: "<conversation-summary>\nSum\n</conversation-summary>" }],
  },
  { name: "nothing for Anthropic's bookkeeping", block: { type: "fallback" }, want: [] },
];

for (const { name, block, target = {}, want, lost = [] } of CASES) {
  Deno.test(`translateRequest() sends ${name}`, () => {
    assertEquals(contentOf(block, target), { content: [...want], lost });
  });
}

const REFUSED: readonly { name: string; block: JsonObject }[] = [
  {
    name: "an image by URL",
    block: { type: "image", source: { type: "url", url: "https://a.test" } },
  },
  { name: "an image by file id", block: { type: "image", source: { type: "file", file_id: "f" } } },
  {
    name: "a document by file id",
    block: { type: "document", source: { type: "file", file_id: "f" } },
  },
  { name: "an upload of a container", block: { type: "container_upload", file_id: "f" } },
  { name: "a compaction that nobody can read", block: { type: "compaction", data: "x" } },
  { name: "a block of an unknown type", block: { type: "hologram" } },
];

for (const { name, block } of REFUSED) {
  Deno.test(`translateRequest() refuses ${name} that the client sends now`, () => {
    const error = assertThrows(() => contentOf(block), UnsupportedFeatureError);
    assert(error.message.startsWith(`${HERE}: `), error.message);
  });

  Deno.test(`translateRequest() sends a placeholder for ${name} in history`, () => {
    const messages = [
      { role: "user", content: [block, TEXT] },
      { role: "assistant", content: "I see." },
      { role: "user", content: "Go on" },
    ];
    const call = converseCall({ request: { messages } });
    const [first] = messagesOf(call)[0]?.content as { text: string }[];
    assert(first?.text.endsWith("omitted: not supported by this model]"), first?.text);
    assertEquals(call.lost, [HERE]);
  });
}

Deno.test("translateRequest() adds a text to a message of documents, and names each another way", () => {
  const titles = ["Über_report.v2", "Uber report.v2", "!!!", "x".repeat(300)];
  const content = titles.map((title) => pdf({ title }));
  const call = converseCall({ request: { messages: [{ role: "user", content }] } });
  const blocks = messagesOf(call)[0]?.content as { document?: { name: string }; text?: string }[];
  assertEquals(blocks.map(({ document }) => document?.name), [
    "Uber report v2",
    "Uber report v2 2",
    "document",
    "x".repeat(200),
    undefined,
  ]);
  assertEquals(blocks.at(-1), { text: "See document." });
});

Deno.test("translateRequest() keeps the last twenty images and five documents of a message", () => {
  const images = Array.from({ length: 19 }, () => image("image/png"));
  const messages = [
    { role: "user", content: "Shots, please" },
    { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "shot", input: {} }] },
    {
      role: "user",
      content: [
        {
          type: "tool_result",
          tool_use_id: "t1",
          content: [image("image/gif"), image("image/gif"), pdf({ title: "first" })],
        },
        ...images,
        ...Array.from({ length: 5 }, () => pdf()),
        TEXT,
      ],
    },
  ];
  const call = converseCall({ request: { messages } });
  const [result, ...rest] = messagesOf(call)[2]?.content as JsonObject[];
  const { content } = result?.toolResult as { content: JsonObject[] };
  assertEquals(content.map((block) => Object.keys(block)[0]), ["text", "image", "text"]);
  assertEquals(rest.filter((block) => "image" in block).length, 19);
  assertEquals(rest.filter((block) => "document" in block).length, 5);
  assertEquals(call.lost, ["messages.2.content.0"]);
});

const RESULTS: readonly {
  name: string;
  result: JsonObject;
  want: JsonObject;
  target?: TurnParts;
}[] = [
  {
    name: "a text",
    result: { content: "ok" },
    want: { content: [{ text: "ok" }], status: "success" },
  },
  {
    name: "no content",
    result: {},
    want: { content: [{ text: "(no output)" }], status: "success" },
  },
  {
    name: "empty content",
    result: { content: [{ type: "text", text: " " }] },
    want: { content: [{ text: "(no output)" }], status: "success" },
  },
  {
    name: "texts, each on its own",
    result: { content: [{ type: "text", text: "a" }, { type: "text", text: "b" }] },
    want: { content: [{ text: "a" }, { text: "b" }], status: "success" },
  },
  {
    name: "an error",
    result: { content: "gone", is_error: true },
    want: { content: [{ text: "gone" }], status: "error" },
  },
  {
    name: "an error, in words too for a model that reads no status",
    result: { content: "gone", is_error: true },
    target: { model: MODELS.qwen },
    want: { content: [{ text: "Error: gone" }], status: "error" },
  },
  {
    name: "an error of nothing but an image",
    result: { content: [image("image/png")], is_error: true },
    target: { model: MODELS.mistral },
    want: {
      content: [{ text: "Error:" }, { image: { format: "png", source: { bytes: PIXEL_PNG } } }],
      status: "error",
    },
  },
  {
    name: "an image and a document",
    result: { content: [image("image/png"), pdf()] },
    want: {
      content: [
        { image: { format: "png", source: { bytes: PIXEL_PNG } } },
        { document: { format: "pdf", name: "document", source: { bytes: PDF } } },
      ],
      status: "success",
    },
  },
  {
    name: "a search result",
    result: {
      content: [{
        type: "search_result",
        source: "s",
        title: "t",
        content: [{ type: "text", text: "x" }],
      }],
    },
    want: {
      content: [{ searchResult: { source: "s", title: "t", content: [{ text: "x" }] } }],
      status: "success",
    },
  },
  {
    name: "a reference to a tool, and what only a browser knows",
    result: {
      content: [{ type: "tool_reference", tool_name: "grep" }, { type: "browser_state", url: "u" }],
    },
    want: {
      content: [{ text: "Tool available: grep" }, { text: '{"type":"browser_state","url":"u"}' }],
      status: "success",
    },
  },
  {
    name: "an unknown block as JSON",
    result: { content: [{ type: "hologram", x: 1 }] },
    want: { content: [{ text: '{"type":"hologram","x":1}' }], status: "success" },
  },
  {
    name: "an image by URL as a placeholder, though it is new",
    result: { content: [{ type: "image", source: { type: "url", url: "https://a.test" } }] },
    want: {
      content: [{ text: "[image omitted: not supported by this model]" }],
      status: "success",
    },
  },
];

for (const { name, result, want, target = {} } of RESULTS) {
  Deno.test(`translateRequest() sends a tool's result: ${name}`, () => {
    const messages = [
      { role: "user", content: "Go" },
      { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "run", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", ...result }] },
    ];
    const call = converseCall({ ...target, request: { messages } });
    const [block] = messagesOf(call)[2]?.content as JsonObject[];
    const { toolUseId, ...sent } = block?.toolResult as JsonObject;
    assertEquals(sent, want);
    const [use] = messagesOf(call)[1]?.content as { toolUse: JsonObject }[];
    assertEquals(toolUseId, use?.toolUse.toolUseId);
  });
}

Deno.test("translateRequest() puts media behind a result where the model takes none inside", () => {
  const messages = [
    { role: "user", content: "Go" },
    { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "run", input: {} }] },
    {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: "t1", content: [image("image/png")] }, TEXT],
    },
  ];
  const call = converseCall({ quirks: { tool_msg_images: false }, request: { messages } });
  assertEquals(messagesOf(call)[2]?.content, [
    { toolResult: { toolUseId: "t1", content: [{ text: "[attached below]" }], status: "success" } },
    { image: { format: "png", source: { bytes: PIXEL_PNG } } },
    { text: "Look." },
  ]);
});
