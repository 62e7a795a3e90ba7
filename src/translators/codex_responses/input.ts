import type { ToolResultBlock } from "../../anthropic/request.ts";
import { blockText, isFilled, reminder, systemBlocks } from "../common/content_text.ts";
import { type RepairedMessage, repairHistory } from "../common/history.ts";
import type { Turn } from "../turn.ts";
import { AnswerItems } from "./answer_items.ts";
import { callId } from "./call_id.ts";
import { resultOutput, textPart, userContent } from "./parts.ts";
import type { InputItem, InputMessage } from "./wire.ts";

/** The prompt of a request. */
export interface Prompt {
  readonly fields: { readonly instructions?: string };
  readonly input: readonly InputItem[];
}

/** `instructions` and `input`: the system prompt, then the repaired history. */
export function promptFields(turn: Turn, formatInstructions: readonly string[]): Prompt {
  const { request, losses } = turn;
  const system = [
    ...systemBlocks(request.system).map(({ text }) => text),
    ...formatInstructions,
  ];
  const history = repairHistory(request.messages);
  const answers = new AnswerItems(turn);
  const input: InputItem[] = history.flatMap((message): readonly InputItem[] => {
    switch (message.role) {
      case "system":
        return [midSystemMessage(message, turn)];
      case "user":
        return userItems(message, turn, answers.customCalls);
      case "assistant":
        return answers.translate(message);
    }
  });
  const last = history.at(-1);
  if (last?.role === "assistant" && last.param) {
    losses.warn(`messages.${request.messages.indexOf(last.param)}`, "a prefilled answer");
  }
  return withSystem(system.join("\n\n"), withoutOrphans(input), turn);
}

/** Reasoning needs the item that it led to; a turn that was cut may have ended before. */
function withoutOrphans(input: readonly InputItem[]): readonly InputItem[] {
  let followed = false;
  return input.toReversed().filter((item) => {
    if (item.type === "reasoning") return followed;
    followed = FOLLOWERS.has(item.type) || (item.type === "message" && item.role === "assistant");
    return true;
  }).reverse();
}

/** Items that reasoning leads to, besides messages of the assistant. */
const FOLLOWERS: ReadonlySet<string> = new Set([
  "function_call",
  "custom_tool_call",
  "web_search_call",
]);

function withSystem(text: string, input: readonly InputItem[], { profile }: Turn): Prompt {
  if (profile.system_as === "instructions_always") return { fields: { instructions: text }, input };
  if (text === "") return { fields: {}, input };
  if (profile.system_as === "instructions") return { fields: { instructions: text }, input };
  const lead: InputMessage = {
    type: "message",
    role: profile.system_role,
    content: [textPart(text)],
  };
  return { fields: {}, input: [lead, ...input] };
}

function midSystemMessage({ content }: RepairedMessage, { profile }: Turn): InputMessage {
  const text = content.map(({ block }) => blockText(block) ?? "").filter(isFilled).join("\n\n");
  return {
    type: "message",
    role: profile.mid_system,
    content: [textPart(profile.mid_system === "user" ? reminder(text) : text)],
  };
}

/** Tool results become items of their own, before what the user says with them. */
function userItems(
  { content, current }: RepairedMessage,
  turn: Turn,
  customCalls: ReadonlySet<string>,
): InputItem[] {
  const place = { turn, current };
  const items: InputItem[] = [];
  const parts = [];
  for (const placed of content) {
    if (placed.block.type !== "tool_result") {
      parts.push(...userContent.parts(placed, place));
      continue;
    }
    const block: ToolResultBlock = placed.block;
    const isCustom = customCalls.has(block.tool_use_id);
    items.push({
      type: isCustom ? "custom_tool_call_output" : "function_call_output",
      call_id: callId(block.tool_use_id),
      output: resultOutput(placed, block, place),
    });
  }
  if (parts.length > 0) items.push({ type: "message", role: "user", content: parts });
  return items;
}
