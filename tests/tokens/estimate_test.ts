import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { ContentBlockParam, MessagesRequest } from "../../src/anthropic/request.ts";
import type { Profile } from "../../src/profiles/schema.ts";
import { estimateTexts, estimateTokens } from "../../src/tokens/estimate.ts";

type Counting = Pick<Profile, "token_factor" | "reasoning_in">;

const PLAIN: Counting = { token_factor: 1, reasoning_in: "none" };

const CASES: {
  name: string;
  request: Partial<MessagesRequest>;
  profile?: Counting;
  want: number;
}[] = [
  { name: "nothing", request: {}, want: 3 },
  { name: "a message", request: said("hello world"), want: 9 },
  {
    name: "the factor, rounded up",
    request: said("hello world"),
    profile: { ...PLAIN, token_factor: 1.2 },
    want: 11,
  },
  { name: "the system prompt", request: { system: "hello world" }, want: 5 },
  { name: "system blocks", request: { system: [{ type: "text", text: "hello world" }] }, want: 5 },
  {
    name: "tools",
    request: { tools: [{ name: "read", description: "hello world", input_schema: {} }] },
    want: 3 + 340 + 8 + 1 + 2 + 1,
  },
  { name: "an empty list of tools", request: { tools: [] }, want: 3 },
  {
    name: "a call",
    request: said([{ type: "tool_use", id: "1", name: "read", input: {} }]),
    want: 9,
  },
  {
    name: "a result",
    request: said([{ type: "tool_result", tool_use_id: "1", content: "hello world" }]),
    want: 9,
  },
  {
    name: "an image elsewhere",
    request: said([{ type: "image", source: { type: "url", url: "https://x" } }]),
    want: 1607,
  },
  {
    name: "an image in a result",
    request: said([{
      type: "tool_result",
      tool_use_id: "1",
      content: [{ type: "image", source: { type: "file", file_id: "f" } }],
    }]),
    want: 1607,
  },
  {
    name: "a PDF",
    request: said([{ type: "document", source: { type: "base64", data: btoa("%PDF") } }]),
    want: 1807,
  },
  {
    name: "a text document",
    request: said([{
      type: "document",
      title: "hello",
      source: { type: "text", data: "hello world" },
    }]),
    want: 10,
  },
  { name: "no thinking where it is dropped", request: said([thinking()]), want: 7 },
  {
    name: "thinking where it is sent back",
    request: said([thinking()]),
    profile: { ...PLAIN, reasoning_in: "all" },
    want: 9,
  },
  {
    name: "no redacted thinking",
    request: said([{ type: "redacted_thinking", data: "x".repeat(999) }]),
    want: 7,
  },
];

for (const { name, request, profile = PLAIN, want } of CASES) {
  Deno.test(`estimateTokens() counts ${name}`, async () => {
    assertEquals(await estimateTokens(request, profile), want);
  });
}

Deno.test("estimateTokens() survives nesting without end", async () => {
  let content: unknown = "x";
  for (let level = 0; level < 50_000; level++) content = [{ type: "tool_result", content }];
  const nested = { messages: [{ role: "user", content }] } as unknown as MessagesRequest;
  assertEquals(await estimateTokens(nested, PLAIN), 7);
});

Deno.test("estimateTokens() takes any JSON for a request", async () => {
  const content = fc.array(fc.record({
    type: fc.constantFrom("text", "image", "document", "tool_use", "tool_result", "thinking", "x"),
    source: fc.jsonValue(),
    content: fc.jsonValue(),
    text: fc.jsonValue(),
    input: fc.jsonValue(),
  }));
  const request = fc.record({
    system: fc.jsonValue(),
    messages: fc.oneof(fc.jsonValue(), fc.array(fc.record({ content }))),
    tools: fc.jsonValue(),
  });
  await fc.assert(fc.asyncProperty(request, async (value) => {
    assertEquals(await estimateTokens(value as unknown as MessagesRequest, PLAIN) > 0, true);
  }));
});

Deno.test("estimateTexts() counts texts alone", async () => {
  assertEquals(await estimateTexts(["hello world", "hello"], { token_factor: 1.1 }), 4);
});

function said(content: string | readonly ContentBlockParam[]): Partial<MessagesRequest> {
  return { messages: [{ role: "user", content }] };
}

function thinking(): ContentBlockParam {
  return { type: "thinking", thinking: "hello world", signature: "s" };
}
