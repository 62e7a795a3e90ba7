import { assertEquals, assertThrows } from "@std/assert";
import { UnsupportedFeatureError } from "../../../src/errors.ts";
import type { Quirks } from "../../../src/profiles/schema.ts";
import { chatCall } from "../../support/chat_request.ts";

const png = { type: "base64", media_type: "image/png", data: "AAAA" };
const pdf = { type: "base64", media_type: "application/pdf", data: "JVBE" };
const part = (text: string) => ({ type: "text", text });
const gone = (what: string) => part(`[${what} omitted: not supported by this model]`);

/** Demands rows 6, 20 and 21. */
const CASES: {
  name: string;
  block: unknown;
  want: unknown[];
  lost?: string[];
  quirks?: Quirks;
}[] = [
  {
    name: "an image in base64",
    block: { type: "image", source: png },
    want: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }],
  },
  {
    name: "an image by URL",
    block: { type: "image", source: { type: "url", url: "https://i.test/a" } },
    want: [{ type: "image_url", image_url: { url: "https://i.test/a" } }],
  },
  {
    name: "an image by URL for a server that fetches none",
    block: { type: "image", source: { type: "url", url: "https://i.test/a" } },
    quirks: { image_url_remote: false },
    want: [gone("image")],
    lost: [""],
  },
  {
    name: "an image by a URL that is too long",
    block: { type: "image", source: { type: "url", url: "https://i.test/aaaa" } },
    quirks: { image_url_max: 10 },
    want: [gone("image")],
    lost: [""],
  },
  {
    name: "an image for a model that sees none",
    block: { type: "image", source: png },
    quirks: { images: false },
    want: [gone("image")],
    lost: [""],
  },
  {
    name: "a PDF where files are taken",
    block: { type: "document", title: "a.pdf", source: pdf },
    quirks: { pdf: "file_part" },
    want: [{
      type: "file",
      file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBE" },
    }],
  },
  {
    name: "a PDF elsewhere",
    block: { type: "document", source: pdf },
    want: [gone("document")],
    lost: [""],
  },
  {
    name: "a PDF by URL",
    block: { type: "document", source: { type: "url", url: "https://d.test/a.pdf" } },
    quirks: { pdf: "file_part" },
    want: [gone("document https://d.test/a.pdf")],
    lost: [""],
  },
  {
    name: "a text document with a title and a context",
    block: {
      type: "document",
      title: 'A "b"',
      context: "About b",
      source: { type: "text", media_type: "text/plain", data: "body" },
    },
    want: [part('<document title="A &quot;b&quot;">\nAbout b\nbody\n</document>')],
  },
  {
    name: "a document of blocks",
    block: {
      type: "document",
      source: { type: "content", content: [part("a"), { type: "image", source: png }] },
    },
    want: [
      part("<document>\na"),
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      part("\n</document>"),
    ],
  },
  {
    name: "citations of a document",
    block: {
      type: "document",
      citations: { enabled: true },
      source: { type: "text", media_type: "text/plain", data: "x" },
    },
    want: [part("<document>\nx\n</document>")],
    lost: [".citations"],
  },
  {
    name: "a search result",
    block: { type: "search_result", source: "s", title: "t", content: [part("c")] },
    want: [part('<search_result title="t" source="s">\nc\n</search_result>')],
  },
  {
    name: "a readable compaction",
    block: { type: "compaction", content: "so far" },
    want: [part("<conversation-summary>\nso far\n</conversation-summary>")],
  },
];

for (const { name, block, want, lost = [], quirks = {} } of CASES) {
  Deno.test(`contentParts() of ${name}`, () => {
    const { messages, lost: paths } = chatCall({
      quirks,
      request: { messages: [{ role: "user", content: [{ type: "text", text: "Look:" }, block] }] },
    });
    assertEquals<unknown>(messages[0]?.content, [part("Look:"), ...want]);
    assertEquals(paths, lost.map((rest) => `messages.0.content.1${rest}`));
  });
}

const REFUSED: { name: string; block: unknown; placeholder: string }[] = [
  {
    name: "an image by file id",
    block: { type: "image", source: { type: "file", file_id: "f" } },
    placeholder: "image",
  },
  {
    name: "a document by file id",
    block: { type: "document", source: { type: "file", file_id: "f" } },
    placeholder: "document",
  },
  {
    name: "a container upload",
    block: { type: "container_upload", file_id: "f" },
    placeholder: "container_upload",
  },
  { name: "an unknown block", block: { type: "newest" }, placeholder: "newest" },
];

for (const { name, block, placeholder } of REFUSED) {
  Deno.test(`contentParts() refuses ${name} now, and puts a placeholder for it into history`, () => {
    const now = { role: "user", content: [{ type: "text", text: "Look:" }, block] };
    const error = assertThrows(
      () => chatCall({ request: { messages: [now] } }),
      UnsupportedFeatureError,
      "is not supported by target 'fast' (chat_completions)",
    );
    assertEquals(error.message.startsWith("messages.0.content.1: "), true);
    const { messages, lost } = chatCall({
      request: {
        messages: [now, { role: "assistant", content: "Yes." }, { role: "user", content: "Go." }],
      },
    });
    assertEquals<unknown>(messages[0]?.content, [part("Look:"), gone(placeholder)]);
    assertEquals(lost, ["messages.0.content.1"]);
  });
}

Deno.test("contentParts() drops markers that the provider does not know", () => {
  const { body } = chatCall({
    request: {
      cache_control: { type: "ephemeral" },
      messages: [{
        role: "user",
        content: [{
          type: "text",
          text: "a",
          cache_control: { type: "ephemeral", scope: "global" },
          citations: [],
        }],
      }],
    },
  });
  assertEquals(JSON.stringify(body).includes("cache_control"), false);
});
