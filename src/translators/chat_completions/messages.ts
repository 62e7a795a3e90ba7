import { InvalidRequestError } from "../../errors.ts";
import type { TextBlock } from "../../anthropic/request.ts";
import { blockText, isFilled, reminder, systemBlocks } from "../common/content_text.ts";
import { type RepairedMessage, repairHistory } from "../common/history.ts";
import type { PlacedBlock } from "../common/history_blocks.ts";
import { toolArguments } from "../common/tool_input.ts";
import type { Turn } from "../turn.ts";
import { hasMarker, joined, textPart, userContent, withMarker } from "./content.ts";
import { echoReasoning, type ReasoningEcho } from "./reasoning_in.ts";
import { ToolCallIds } from "../common/tool_call_ids.ts";
import { AttachedMedia, toolMessage } from "./tool_results.ts";
import type { ChatMessage, ChatPart, ChatToolCall } from "./wire.ts";

/** Stands between texts that become one. */
const GAP = "\n\n";

/**
 * `messages` of the chat request: the system prompt, then the repaired history.
 *
 * @throws {InvalidRequestError} If nothing is left that says something.
 */
export function chatMessages(turn: Turn, instructions: readonly string[]): ChatMessage[] {
  const { request, profile, losses } = turn;
  const history = repairHistory(request.messages);
  const loopStart = lastUserTurn(history);
  const ids = new ToolCallIds(turn);
  const messages: ChatMessage[] = systemMessages(turn, instructions);
  const lead = messages.length;
  history.forEach((message, at) => {
    switch (message.role) {
      case "system":
        addMidSystem(messages, message, turn);
        break;
      case "user":
        addUser(messages, message, { turn, ids });
        break;
      case "assistant":
        addAssistant(messages, message, { turn, ids, inToolLoop: at > loopStart });
    }
  });
  if (messages.length === lead) {
    throw new InvalidRequestError("messages: text content blocks must be non-empty");
  }
  const last = history.at(-1);
  if (last?.role === "assistant" && last.param) {
    losses.warn(`messages.${request.messages.indexOf(last.param)}`, "a prefilled answer");
  }
  return profile.strict_alternation ? alternate(messages, lead) : messages;
}

function systemMessages(turn: Turn, instructions: readonly string[]): ChatMessage[] {
  const { request, profile } = turn;
  const blocks: readonly TextBlock[] = [
    ...systemBlocks(request.system),
    ...instructions.map((text): TextBlock => ({ type: "text", text })),
  ];
  if (blocks.length === 0) return [];
  const parts = blocks.map((block) => withMarker(textPart(block.text), block.cache_control, turn));
  const content = profile.system_parts && parts.some(hasMarker)
    ? parts
    : blocks.map(({ text }) => text).join(GAP);
  return [{ role: profile.system_role, content }];
}

function addMidSystem(messages: ChatMessage[], message: RepairedMessage, turn: Turn): void {
  const { profile, losses } = turn;
  const texts: ChatPart[] = [];
  for (const placed of message.content) {
    const { block } = placed;
    const text = blockText(block);
    if (text === undefined) losses.warn(placed.path, `content block type '${block.type}'`);
    else if (isFilled(text)) texts.push(withMarker(textPart(text), block.cache_control, turn));
  }
  if (texts.length === 0) return;
  if (profile.mid_system === "user") {
    messages.push({ role: "user", content: reminder(joined(texts, GAP)) });
    return;
  }
  const content = texts.some(hasMarker) ? texts : joined(texts, GAP);
  messages.push({ role: profile.mid_system, content });
}

/** Tool results become messages of their own, before what the user says with them. */
function addUser(
  messages: ChatMessage[],
  { current, content }: RepairedMessage,
  { turn, ids }: { readonly turn: Turn; readonly ids: ToolCallIds },
): void {
  const place = { turn, current };
  const media = new AttachedMedia(place);
  const said: ChatPart[] = [];
  for (const placed of content) {
    const { block } = placed;
    if (block.type === "tool_result") {
      messages.push(toolMessage(block, placed, { place, media, ids }));
    } else for (const part of userContent.parts(placed, place)) said.push(part);
  }
  const attached = media.parts;
  const parts = attached.length === 0 ? said : [...attached, ...said];
  if (parts.length > 0) messages.push({ role: "user", content: contentOf(parts, turn) });
}

interface AssistantPlace {
  readonly turn: Turn;
  readonly ids: ToolCallIds;
  readonly inToolLoop: boolean;
}

function addAssistant(
  messages: ChatMessage[],
  message: RepairedMessage,
  place: AssistantPlace,
): void {
  const { turn, ids } = place;
  const echo = echoReasoning(message.content, place);
  const texts: ChatPart[] = [];
  const calls: ChatToolCall[] = [];
  for (const placed of message.content) {
    const { block } = placed;
    if (block.type === "thinking" || block.type === "redacted_thinking") continue;
    if (block.type === "tool_use") {
      const call: ChatToolCall = {
        id: ids.claim(block.id, block.name),
        type: "function",
        function: {
          name: turn.toolNames.upstream(block.name),
          arguments: toolArguments(block.input),
        },
      };
      const extra = echo.callExtra?.(placed.renamedFrom ?? block.id, calls.length === 0);
      calls.push(extra ? { ...call, extra_content: extra } : call);
    } else texts.push(assistantPart(placed, turn));
  }
  if (texts.length === 0 && calls.length === 0 && isSilent(echo)) return;
  const content = assistantContent(texts, echo, { turn, hasCalls: calls.length > 0 });
  const chat: ChatMessage = calls.length > 0
    ? { role: "assistant", content, tool_calls: calls }
    : { role: "assistant", content };
  messages.push(echo.fields ? { ...chat, ...echo.fields } : chat);
}

function isSilent(echo: ReasoningEcho): boolean {
  return echo.prefix === "" && echo.part === "" &&
    Object.values(echo.fields ?? {}).every((value) => value === "");
}

/** What an assistant may say is text; what a server tool did is told in words. */
function assistantPart(placed: PlacedBlock, turn: Turn): ChatPart {
  const text = blockText(placed.block);
  if (text === undefined) return userContent.unknown(placed, { turn, current: false });
  return withMarker(textPart(text), placed.block.cache_control, turn);
}

function assistantContent(
  texts: readonly ChatPart[],
  echo: ReasoningEcho,
  { turn, hasCalls }: { readonly turn: Turn; readonly hasCalls: boolean },
): string | readonly ChatPart[] | null {
  if (echo.part !== "") {
    const thinking = [{ type: "text", text: echo.part }] as const;
    return [{ type: "thinking", thinking }, ...texts];
  }
  if (texts.some(hasMarker)) return echo.prefix === "" ? texts : [textPart(echo.prefix), ...texts];
  const text = echo.prefix + joined(texts, GAP);
  if (text !== "") return text;
  return hasCalls && turn.profile.assistant_empty_content === "null" ? null : "";
}

/** A plain string where that loses nothing: many servers accept no parts. */
function contentOf(parts: readonly ChatPart[], { profile }: Turn): string | readonly ChatPart[] {
  const isText = parts.every(({ type }) => type === "text");
  if (!isText || parts.some(hasMarker)) return parts;
  return parts.length === 1 || !profile.content_parts ? joined(parts, GAP) : parts;
}

/** Index of the last message in which the user, and not just a tool, speaks. */
function lastUserTurn(history: readonly RepairedMessage[]): number {
  return history.findLastIndex(({ role, content }) =>
    role === "user" && !content.some(({ block }) => block.type === "tool_result")
  );
}

/** Merges neighbours of one role, lets the user speak first, and the assistant after its tools. */
function alternate(messages: readonly ChatMessage[], lead: number): ChatMessage[] {
  const result = messages.slice(0, lead);
  for (const message of messages.slice(lead)) {
    const last = result.at(-1);
    const isFirst = result.length === lead;
    if (isFirst && message.role === "assistant") {
      result.push({ role: "user", content: "Continue." });
    }
    // "Unexpected role 'user' after role 'tool'": the assistant must have spoken in between.
    if (last?.role === "tool" && message.role === "user") {
      result.push({ role: "assistant", content: "." });
    }
    const mergeable = !isFirst && last?.role === message.role && message.role !== "tool" &&
      !last.tool_calls;
    if (mergeable) result[result.length - 1] = merged(last, message);
    else result.push(message);
  }
  return result;
}

function merged(first: ChatMessage, second: ChatMessage): ChatMessage {
  const [a, b] = [first.content ?? "", second.content ?? ""];
  const content = typeof a === "string" && typeof b === "string"
    ? [a, b].filter((text) => text !== "").join("\n\n")
    : [...partsOf(a), ...partsOf(b)];
  return { ...first, ...second, content };
}

function partsOf(content: string | readonly ChatPart[]): readonly ChatPart[] {
  if (typeof content !== "string") return content;
  return content === "" ? [] : [textPart(content)];
}
