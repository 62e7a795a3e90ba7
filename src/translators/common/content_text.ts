import type {
  ContentBlockParam,
  DocumentBlock,
  SearchResultBlock,
  TextBlock,
} from "../../anthropic/request.ts";
import { isObject, type JsonObject, nonEmptyString } from "../../json.ts";
import { limitBytes } from "./text_limit.ts";

/** Longest text that stands in for one block of a server tool. */
const MAX_SERVER_TOOL_BYTES = 4096;

const BILLING_HEADER = "x-anthropic-billing-header:";

/** Blocks that only Anthropic's own bookkeeping needs; they are dropped without a word. */
const BOOKKEEPING: ReadonlySet<string> = new Set(["fallback", "mcp_tool_listing"]);

/** Stands in for content that the upstream cannot take; `what` is a noun such as `image`. */
export function placeholder(what: string): string {
  return `[${what} omitted: not supported by this model]`;
}

/** A system text in the middle of a conversation, for upstreams that only know user messages. */
export function reminder(text: string): string {
  return `<system-reminder>\n${text}\n</system-reminder>`;
}

/** The text of a failed tool call, for upstreams that have no flag for it. */
export function errorText(text: string): string {
  return text.startsWith("Error: ") ? text : `Error: ${text}`;
}

/**
 * The system prompt as blocks, without blank ones and without Claude Code's billing header, which
 * differs from request to request and would defeat every prompt cache; it stays where Claude
 * itself reads it.
 */
export function systemBlocks(
  system: string | readonly TextBlock[] | null | undefined,
  { billing = false }: { readonly billing?: boolean } = {},
): readonly TextBlock[] {
  if (!system) return [];
  const blocks: readonly TextBlock[] = typeof system === "string"
    ? [{ type: "text", text: system }]
    : system;
  return blocks.filter((block, index) =>
    isFilled(block.text) && (billing || index > 0 || !isBillingHeader(block.text))
  );
}

/** True for the attribution text that Claude Code puts in front of the system prompt. */
export function isBillingHeader(text: string): boolean {
  return text.startsWith(BILLING_HEADER);
}

/** True if a text holds more than white space, which is all that an API accepts. */
export function isFilled(text: unknown): text is string {
  return typeof text === "string" && /\S/.test(text);
}

/** True for blocks that mean nothing outside Anthropic. */
export function isBookkeeping(type: string): boolean {
  return BOOKKEEPING.has(type);
}

/**
 * A text document, or a bundle of blocks, between tags: text blocks with any media in place.
 * Undefined if its source is binary or elsewhere, for the mode to send in its own way.
 */
export function documentBlocks(block: DocumentBlock): readonly ContentBlockParam[] | undefined {
  const { source } = block;
  const inner = documentContent(source.type, source);
  if (inner === undefined) return undefined;
  const title = nonEmptyString(block.title);
  const context = nonEmptyString(block.context);
  const open = title ? `<document title="${escapeAttribute(title)}">\n` : "<document>\n";
  return joinTexts([
    { type: "text", text: context ? `${open}${context}\n` : open },
    ...inner,
    { type: "text", text: "\n</document>" },
  ]);
}

/** A search hit that the client supplied, between tags. */
export function searchResultText(block: SearchResultBlock): string {
  const texts = Array.isArray(block.content) ? textsOf(block.content).join("\n") : "";
  const title = escapeAttribute(String(block.title ?? ""));
  const source = escapeAttribute(String(block.source ?? ""));
  return `<search_result title="${title}" source="${source}">\n${texts}\n</search_result>`;
}

/** The readable summary in a compaction block; undefined if only Anthropic can read it. */
export function compactionText(block: JsonObject): string | undefined {
  const { content } = block;
  const text = Array.isArray(content) ? textsOf(content).join("\n") : content;
  return isFilled(text) ? `<conversation-summary>\n${text}\n</conversation-summary>` : undefined;
}

/** True for calls of tools that ran at Anthropic or at an MCP server, and for their results. */
export function isServerToolBlock(type: string): boolean {
  return type === "server_tool_use" || type === "mcp_tool_use" ||
    (type.endsWith("_tool_result") && type !== "tool_result");
}

/** A server tool's call or result in words: at most 4 KB, without encrypted content. */
export function serverToolText(block: ContentBlockParam): string {
  const open: JsonObject = block;
  const text = typeof open.name === "string" && "input" in open
    ? callText(open.name, open.input)
    : resultText(block.type.replace(/_tool_result$/, ""), open);
  return limitBytes(text, MAX_SERVER_TOOL_BYTES);
}

/**
 * Any block that can be put in words, in words; undefined for media and for types that nothing
 * is known about. Documents count as media here: see {@link documentBlocks}.
 */
export function blockText(block: ContentBlockParam): string | undefined {
  if (block.type === "text") return block.text;
  if (block.type === "search_result") return searchResultText(block);
  if (isServerToolBlock(block.type)) return serverToolText(block);
  const open: JsonObject = block;
  switch (open.type) {
    case "compaction":
      return compactionText(open);
    case "tool_reference":
      return `Tool available: ${String(open.tool_name ?? open.name ?? "")}`;
    case "browser_state":
      return JSON.stringify(open);
    default:
      return undefined;
  }
}

/** The texts of a list of blocks, in order; anything else is skipped. */
export function textsOf(blocks: readonly unknown[]): string[] {
  const texts: string[] = [];
  for (const block of blocks) {
    if (isObject(block) && typeof block.text === "string") texts.push(block.text);
  }
  return texts;
}

function documentContent(
  type: string,
  { data, content }: DocumentBlock["source"],
): readonly ContentBlockParam[] | undefined {
  if (type === "text") return [{ type: "text", text: data ?? "" }];
  if (type !== "content") return undefined;
  if (Array.isArray(content)) return (content as readonly ContentBlockParam[]).map(inlineBlock);
  return [{ type: "text", text: typeof content === "string" ? content : "" }];
}

/** Inside a document only texts and images stand for themselves. */
function inlineBlock(block: ContentBlockParam): ContentBlockParam {
  if (block.type === "text" || block.type === "image") return block;
  return { type: "text", text: blockText(block) ?? placeholder(block.type) };
}

/** Merges neighbouring texts, so that a document of texts alone is one block. */
function joinTexts(blocks: readonly ContentBlockParam[]): readonly ContentBlockParam[] {
  const joined: ContentBlockParam[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last?.type === "text" && block.type === "text") {
      joined[joined.length - 1] = { type: "text", text: last.text + block.text };
    } else {
      joined.push(block);
    }
  }
  return joined;
}

function callText(name: string, input: unknown): string {
  const query = isObject(input)
    ? nonEmptyString(input.query) ?? nonEmptyString(input.url)
    : undefined;
  return `[${name}: ${JSON.stringify(query ?? input ?? {})}]`;
}

function resultText(name: string, { content }: JsonObject): string {
  const lines = resultLines(content);
  return lines.length > 0 ? `[${name} result]\n${lines.join("\n")}` : `[${name} result: empty]`;
}

/** One line per hit, output or error; what only Anthropic can read is left out. */
function resultLines(content: unknown, depth = 0): string[] {
  if (depth > MAX_RESULT_DEPTH) return [];
  if (isFilled(content)) return [content];
  if (Array.isArray(content)) return content.flatMap((item) => resultLines(item, depth + 1));
  if (!isObject(content)) return [];
  const lines: string[] = [];
  if (typeof content.url === "string") {
    const title = nonEmptyString(content.title);
    lines.push(title ? `${title} ${content.url}` : content.url);
  }
  if (content.type === "tool_reference") lines.push(String(content.tool_name ?? content.name));
  for (const field of RESULT_TEXTS) if (isFilled(content[field])) lines.push(content[field]);
  if (content.type === "text" && isFilled(content.data)) lines.push(content.data);
  for (const field of RESULT_PARTS) lines.push(...resultLines(content[field], depth + 1));
  return lines;
}

/** Results of server tools nest three levels at most; a client's own nonsense may nest deeper. */
const MAX_RESULT_DEPTH = 8;

/** Fields of tool results, newest types included, that hold text for people to read. */
const RESULT_TEXTS = ["text", "stdout", "stderr", "error_code"] as const;

/** Fields of tool results that hold further results. */
const RESULT_PARTS = ["source", "content", "tool_references"] as const;

function escapeAttribute(text: string): string {
  return text.replace(/[&"<>\r\n]/g, (char) => ATTRIBUTE_ESCAPES[char] ?? " ");
}

const ATTRIBUTE_ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  '"': "&quot;",
  "<": "&lt;",
  ">": "&gt;",
};
