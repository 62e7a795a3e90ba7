import { assertEquals } from "@std/assert";
import type { Quirks } from "../../../src/profiles/schema.ts";
import { chatCall } from "../../support/chat_request.ts";

const png = { type: "base64", media_type: "image/png", data: "AAAA" };
const image = { type: "image", source: png };
const sentImage = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
const text = (value: string) => ({ type: "text", text: value });
const MARK = { cache_control: { type: "ephemeral" } };

const CASES: {
  name: string;
  result: Record<string, unknown>;
  want: unknown;
  user?: unknown[];
  quirks?: Quirks;
}[] = [
  { name: "a string", result: { content: "found" }, want: "found" },
  { name: "no content", result: {}, want: "" },
  { name: "null content", result: { content: null }, want: "" },
  { name: "an empty list", result: { content: [] }, want: "" },
  {
    name: "no content where an empty one is refused",
    result: {},
    want: "(no output)",
    quirks: { tool_empty: "(no output)" },
  },
  { name: "texts", result: { content: [text("a"), text("b")] }, want: "a\nb" },
  { name: "texts with an empty one", result: { content: [text("a"), text("")] }, want: "a" },
  {
    name: "texts where parts are taken",
    result: { content: [text("a"), text("b")] },
    want: [text("a"), text("b")],
    quirks: { tool_msg_parts: true },
  },
  { name: "an error", result: { content: "bad", is_error: true }, want: "Error: bad" },
  {
    name: "an error that says so",
    result: { content: "Error: bad", is_error: true },
    want: "Error: bad",
  },
  {
    // Demands row 20.
    name: "an image",
    result: { content: [text("see"), image] },
    want: "see\n[image 1 attached below]",
    user: [text("Images returned by tool calls:"), text("[image 1]"), sentImage],
  },
  {
    name: "an image alone",
    result: { content: [image] },
    want: "[image 1 attached below]",
    user: [text("Images returned by tool calls:"), text("[image 1]"), sentImage],
  },
  {
    name: "an image where a tool message takes one",
    result: { content: [text("see"), image] },
    want: [text("see"), sentImage],
    quirks: { tool_msg_images: true },
  },
  {
    name: "an image and an error where a tool message takes one",
    result: { content: [text("see"), image], is_error: true },
    want: [text("Error: see"), sentImage],
    quirks: { tool_msg_images: true },
  },
  {
    name: "an image alone and an error where a tool message takes one",
    result: { content: [image], is_error: true },
    want: [text("Error:"), sentImage],
    quirks: { tool_msg_images: true },
  },
  {
    name: "an image where no user may follow a tool",
    result: { content: [image] },
    want: "[image omitted: not supported by this model]",
    quirks: { tool_image_strategy: "inline_text" },
  },
  {
    name: "an image for a model that sees none",
    result: { content: [image] },
    want: "[image omitted: not supported by this model]",
    quirks: { images: false },
  },
  {
    // Demands row 6.
    name: "a tool reference",
    result: { content: [{ type: "tool_reference", tool_name: "find" }] },
    want: "Tool available: find",
  },
  {
    name: "a block of an unknown type",
    result: { content: [{ type: "newest", x: 1 }] },
    want: '{"type":"newest","x":1}',
  },
  {
    name: "a PDF where nobody takes one",
    result: { content: [{ type: "document", source: { type: "base64", data: "J" } }] },
    want: "[document omitted: not supported by this model]",
  },
  {
    name: "a marker",
    result: { content: "found", ...MARK },
    want: [{ ...text("found"), ...MARK }],
    quirks: { cache: "anthropic_parts" },
  },
  {
    name: "markers of inner blocks",
    result: { content: [{ ...text("a"), ...MARK }, text("b")] },
    want: [{ ...text("a"), ...MARK }, text("b")],
    quirks: { cache: "anthropic_parts" },
  },
  {
    name: "a marker and an error",
    result: { content: "bad", is_error: true, ...MARK },
    want: [{ ...text("Error: bad"), ...MARK }],
    quirks: { cache: "anthropic_parts" },
  },
];

for (const { name, result, want, user, quirks = {} } of CASES) {
  Deno.test(`toolMessages() of ${name}`, () => {
    const { messages } = chatCall({
      quirks,
      request: {
        messages: [
          { role: "user", content: "Hi" },
          { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "find", input: {} }] },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", ...result }] },
        ],
      },
    });
    const follow = user ? [{ role: "user", content: user }] : [];
    assertEquals<unknown>(messages.slice(2), [
      { role: "tool", tool_call_id: "t1", content: want },
      ...follow,
    ]);
  });
}

Deno.test("toolMessages() numbers the images of all results, and puts them before what the user says", () => {
  const use = (id: string) => ({ type: "tool_use", id, name: "find", input: {} });
  const result = (id: string) => ({ type: "tool_result", tool_use_id: id, content: [image] });
  const { messages } = chatCall({
    request: {
      messages: [
        { role: "user", content: "Hi" },
        { role: "assistant", content: [use("a"), use("b")] },
        { role: "user", content: [result("a"), result("b"), text("So?")] },
      ],
    },
  });
  assertEquals<unknown>(messages.at(-1)?.content, [
    text("Images returned by tool calls:"),
    text("[image 1]"),
    sentImage,
    text("[image 2]"),
    sentImage,
    text("So?"),
  ]);
});
