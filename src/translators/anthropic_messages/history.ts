import type { ContentBlockParam, MessageParam } from "../../anthropic/request.ts";
import { isObject } from "../../json.ts";
import { isEnvelope } from "../common/envelope.ts";
import type { Turn } from "../turn.ts";
import { arrayElements, lastMember, objectMembers } from "../../json_text.ts";
import { type Edit, removalEdits, splice } from "./splice.ts";

/** What becomes of one message; undefined leaves it as it is. */
type Change =
  | { readonly kind: "drop" }
  | { readonly kind: "without"; readonly blocks: ReadonlySet<number> }
  | { readonly kind: "replace"; readonly message: MessageParam };

/** The messages that cannot go upstream as they are. */
export interface HistoryPlan {
  readonly changes: ReadonlyMap<number, Change>;
  /** Which message goes into which place, where that is another one than its own. */
  readonly moves: ReadonlyMap<number, number>;
}

/**
 * Finds what has to change in the messages; undefined, the usual case, if nothing has to.
 *
 * Blocks that carry this gateway's envelope come from a target of another mode. Anthropic refuses
 * them ("Invalid signature in thinking block"), and since only this gateway can read them, nothing
 * is lost: no warning, which `on_loss: error` would turn into a conversation that never goes on.
 */
export function planHistory(
  turn: Turn,
  messages: readonly MessageParam[],
): HistoryPlan | undefined {
  const changes = new Map<number, Change>();
  for (const [at, message] of messages.entries()) {
    const change = turn.profile.drop_mid_system && message.role === "system"
      ? remind(turn, message, at)
      : withoutEnvelopes(message);
    if (change) changes.set(at, change);
  }
  if (changes.size === 0) return undefined;
  return { changes, moves: turn.profile.drop_mid_system ? moveReminders(messages) : new Map() };
}

/** The edits that carry out a plan on the array that begins at `at`. */
export function historyEdits(text: string, at: number, { changes, moves }: HistoryPlan): Edit[] {
  const slots = arrayElements(text, at);
  const goes = (slot: number): boolean => changes.get(moves.get(slot) ?? slot)?.kind === "drop";
  const edits = removalEdits(slots, goes);
  for (const [slot, span] of slots.entries()) {
    const source = moves.get(slot) ?? slot;
    const change = changes.get(source);
    if (goes(slot) || (!change && source === slot)) continue;
    const { start, end } = slots[source] ?? span;
    edits.push({ ...span, text: changed(text.slice(start, end), change) });
  }
  return edits;
}

function changed(message: string, change: Change | undefined): string {
  if (change?.kind === "replace") return JSON.stringify(change.message);
  if (change?.kind !== "without") return message;
  const content = lastMember(objectMembers(message), "content");
  const blocks = content ? arrayElements(message, content.value.start) : [];
  return splice(message, removalEdits(blocks, (index) => change.blocks.has(index)));
}

function withoutEnvelopes({ content }: MessageParam): Change | undefined {
  if (typeof content === "string") return undefined;
  const blocks = new Set<number>();
  const searches = new Set<unknown>();
  for (const [index, block] of content.entries()) {
    if (!hasEnvelope(block)) continue;
    blocks.add(index);
    searches.add(block.tool_use_id);
  }
  if (blocks.size === 0) return undefined;
  // A search goes together with its result: one without the other is refused too.
  for (const [index, block] of content.entries()) {
    if (isType(block, "server_tool_use") && searches.has(block.id)) blocks.add(index);
  }
  return blocks.size === content.length ? { kind: "drop" } : { kind: "without", blocks };
}

function hasEnvelope(block: ContentBlockParam): boolean {
  if (block.type === "thinking") return isEnvelope(block.signature);
  if (block.type === "redacted_thinking") return isEnvelope(block.data);
  if (!isType(block, "web_search_tool_result") || !Array.isArray(block.content)) return false;
  return block.content.some((result: unknown) =>
    isObject(result) && isEnvelope(result.encrypted_content)
  );
}

/** A comparison with types that the request's union keeps open. */
function isType(block: ContentBlockParam, type: string): boolean {
  return (block.type as string) === type;
}

/** Says the same as the user, in the words that Claude Code wraps its own reminders in. */
function remind(turn: Turn, { content }: MessageParam, at: number): Change {
  turn.losses.warn(`messages.${at}`, "a system message in mid-conversation");
  const blocks = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
  const reminders = blocks.filter((block) => block.type === "text").map((block) => ({
    ...block,
    text: `<system-reminder>\n${block.text}\n</system-reminder>`,
  }));
  if (reminders.length === 0) return { kind: "drop" };
  return { kind: "replace", message: { role: "user", content: reminders } };
}

/** Reminders between a tool call and its result go behind the result: it has to follow at once. */
function moveReminders(messages: readonly MessageParam[]): Map<number, number> {
  const moves = new Map<number, number>();
  for (const [at, message] of messages.entries()) {
    if (message.role !== "assistant" || !holds(message, "tool_use")) continue;
    let result = at + 1;
    while (messages[result]?.role === "system") result++;
    const next = messages[result];
    if (result === at + 1 || !next || !holds(next, "tool_result")) continue;
    moves.set(at + 1, result);
    for (let slot = at + 2; slot <= result; slot++) moves.set(slot, slot - 1);
  }
  return moves;
}

function holds({ content }: MessageParam, type: string): boolean {
  return typeof content !== "string" && content.some((block) => block.type === type);
}
