import type {
  ContentBlockParam,
  MessageParam,
  ToolResultBlock,
  ToolUseBlock,
} from "../../anthropic/request.ts";
import { isObject } from "../../json.ts";
import { blockText, errorText, isBookkeeping, isFilled } from "./content_text.ts";
import { toolArguments } from "./tool_input.ts";

/** A content block and where the client sent it. */
export class PlacedBlock {
  readonly block: ContentBlockParam;
  /** Index of the client's message. */
  readonly message: number;
  /** Index in its content, `0.content.1` for a nested block; undefined if content was a string. */
  readonly index: number | string | undefined;
  /** The client's id of a `tool_use` whose id had to change; envelopes go by that one. */
  readonly renamedFrom: string | undefined;

  constructor(
    block: ContentBlockParam,
    { message, index }: Pick<PlacedBlock, "message" | "index">,
    renamedFrom?: string,
  ) {
    this.block = block;
    this.message = message;
    this.index = index;
    this.renamedFrom = renamedFrom;
  }

  /** Path inside the client's request, such as `messages.3.content.0`; built when asked for. */
  get path(): string {
    const content = `messages.${this.message}.content`;
    return this.index === undefined ? content : `${content}.${this.index}`;
  }
}

/** A message whose content is a list without empty or misplaced blocks. */
export interface DraftMessage {
  readonly role: MessageParam["role"];
  readonly content: readonly PlacedBlock[];
  /** The client's message. */
  readonly param: MessageParam;
  readonly current: boolean;
  readonly hasCalls: boolean;
  readonly hasResults: boolean;
}

/** Reads the client's messages, leaving out those that say nothing. */
export function readMessages(messages: readonly MessageParam[]): DraftMessage[] {
  const now = currentStart(messages);
  const lastUser = messages.findLastIndex(({ role }) => role === "user");
  const drafts: DraftMessage[] = [];
  for (let index = 0; index < messages.length; index++) {
    const param = messages[index] as MessageParam;
    const { role } = param;
    if (index < lastUser && isCleared(param)) continue;
    const content = readContent(param, index);
    if (content.length === 0) continue;
    const hasCalls = role === "assistant" && holds(content, "tool_use");
    const hasResults = role === "user" && holds(content, "tool_result");
    drafts.push({ role, content, param, current: index >= now, hasCalls, hasResults });
  }
  return drafts;
}

/** A result that answers no call, as user text; its images and documents follow the text. */
export function orphanBlocks(result: ToolResultBlock, place: Place): PlacedBlock[] {
  const texts: string[] = [];
  const media: PlacedBlock[] = [];
  const content = typeof result.content === "string"
    ? [{ type: "text", text: result.content } as const]
    : result.content ?? [];
  content.forEach((block, index) => {
    if (!isObject(block)) return;
    const text = blockText(block);
    const nested = { message: place.message, index: `${place.index}.content.${index}` };
    if (text !== undefined) texts.push(text);
    else if (block.type !== "image" && block.type !== "document") texts.push(JSON.stringify(block));
    else media.push(new PlacedBlock(block, nested));
  });
  const text = result.is_error ? errorText(texts.join("\n")) : texts.join("\n");
  return [textAt(`Tool result (${result.tool_use_id}): ${text}`, place), ...media];
}

/** Where a block stands in the client's request. */
type Place = Pick<PlacedBlock, "message" | "index">;

/** Index of the first message after the last assistant message that anything follows. */
function currentStart(messages: readonly MessageParam[]): number {
  let last = messages.length - 1;
  while (messages[last]?.role === "assistant") last--;
  while (last >= 0 && messages[last]?.role !== "assistant") last--;
  return last + 1;
}

/** True for a system message that the model sees only until the next user message. */
function isCleared(param: MessageParam): boolean {
  return param.role === "system" && param.clear_at === "next_user_message";
}

function holds(content: readonly PlacedBlock[], type: string): boolean {
  for (const { block } of content) if (block.type === type) return true;
  return false;
}

function readContent({ role, content }: MessageParam, message: number): PlacedBlock[] {
  if (typeof content === "string") {
    return isFilled(content) ? [textAt(content, { message, index: undefined })] : [];
  }
  const placed: PlacedBlock[] = [];
  // A system message that only sets the effort has no content at all.
  for (let index = 0; index < (content?.length ?? 0); index++) {
    const block = content[index] as ContentBlockParam;
    if (!isEmpty(block)) place(placed, new PlacedBlock(block, { message, index }), role);
  }
  return placed;
}

/** Adds a block, in words where it cannot stand in a message of that role. */
function place(content: PlacedBlock[], placed: PlacedBlock, role: MessageParam["role"]): void {
  const { block } = placed;
  switch (block.type) {
    case "tool_use":
      content.push(role === "assistant" ? placed : textAt(callText(block), placed));
      break;
    case "tool_result":
      if (role === "user") content.push(placed);
      else content.push(...orphanBlocks(block, placed));
      break;
    case "thinking":
    case "redacted_thinking":
      if (role === "assistant") content.push(placed);
      break;
    default:
      content.push(placed);
  }
}

/** True for blocks that say nothing to a model. */
function isEmpty(block: ContentBlockParam): boolean {
  switch (block.type) {
    case "text":
      return !isFilled(block.text);
    case "thinking":
      return !isFilled(block.thinking) && !block.signature;
    case "redacted_thinking":
      return !block.data;
    default:
      return isToolChange(block.type) || isBookkeeping(block.type);
  }
}

/** True for changes of the tool list, which the list itself reflects. */
function isToolChange(type: string): boolean {
  return type === "tool_addition" || type === "tool_removal";
}

/** A call of a tool in words. */
export function callText({ id, name, input }: ToolUseBlock): string {
  return `Tool call (${id}): ${name} ${toolArguments(input)}`;
}

function textAt(text: string, place: Place): PlacedBlock {
  return new PlacedBlock({ type: "text", text }, place);
}
