import type { ContentBlockParam } from "../../anthropic/request.ts";
import { isObject, nonEmptyString } from "../../json.ts";
import { blockText } from "../common/content_text.ts";
import { type NoteEnvelope, openEnvelope, stateIsFor } from "../common/envelope.ts";
import type { RepairedMessage } from "../common/history.ts";
import type { PlacedBlock } from "../common/history_blocks.ts";
import { placeholder } from "../common/content_text.ts";
import { toolArguments } from "../common/tool_input.ts";
import type { Turn } from "../turn.ts";
import { callId } from "./call_id.ts";
import { type RestoredReasoning, restoreReasoning } from "./reasoning_in.ts";
import { SEARCH_ID_PREFIX } from "./search_id.ts";
import type { AnswerMessage, InputItem, SearchItem } from "./wire.ts";

/** An item of an assistant message, or the place of reasoning that ended late. */
interface Entry {
  item: InputItem | undefined;
  /** Output index of reasoning. */
  readonly outputIndex?: number | undefined;
}

/** Turns assistant messages back into the items that they were made of. */
export class AnswerItems {
  readonly #turn: Turn;
  /** Calls of custom tools, whose outputs have a type of their own. */
  readonly customCalls: Set<string> = new Set();

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  /** The items of one assistant message, in the order they were made. */
  translate({ content }: RepairedMessage): readonly InputItem[] {
    const draft = new Draft(this.#turn, this.customCalls);
    for (const placed of content) draft.add(placed);
    return draft.items();
  }
}

/** One assistant message while its blocks are read. */
class Draft {
  readonly #turn: Turn;
  readonly #customCalls: Set<string>;
  readonly #entries: Entry[] = [];
  /** Ids of custom calls, as the client knows them. */
  readonly #customIds = new Set<string>();
  readonly #searchIds = new Set<unknown>();
  #phase: string | undefined;

  constructor(turn: Turn, customCalls: Set<string>) {
    this.#turn = turn;
    this.#customCalls = customCalls;
  }

  add(placed: PlacedBlock): void {
    const { block } = placed;
    switch (block.type) {
      case "thinking":
      case "redacted_thinking":
        return this.#addState(block);
      case "text":
        return this.#addText(block.text);
      case "tool_use":
        return this.#addCall(placed, block.id, { name: block.name, input: block.input });
      default:
        return this.#addOther(placed, block);
    }
  }

  items(): readonly InputItem[] {
    const entries = this.#entries.filter(({ item }) => item !== undefined)
      .filter((entry, at, all) => !lostItsItem(entry, all[at + 1]));
    const items = entries.flatMap(({ item }) => item ?? []);
    if (this.#turn.profile.phase) {
      items.forEach((item, at) => {
        if (isAnswer(item)) item.phase ??= at < items.length - 1 ? "commentary" : "final_answer";
      });
    }
    return items;
  }

  #addState(block: ContentBlockParam): void {
    const envelope = openEnvelope(block.type === "thinking" ? block.signature : block.data);
    if (!envelope || !stateIsFor(envelope, this.#turn.target)) return;
    if (envelope.k === "ct") return this.#addNote(envelope);
    const shown = block.type === "thinking" ? String(block.thinking ?? "") : "";
    const restored = restoreReasoning(envelope, shown, this.#turn);
    if (restored) this.#addReasoning(restored);
  }

  #addReasoning({ item, outputIndex, phase, late }: RestoredReasoning): void {
    if (!late) {
      this.#phase = phase;
      this.#entries.push({ item, outputIndex });
      return;
    }
    const place = this.#entries.find((entry) => !entry.item && entry.outputIndex === outputIndex);
    if (place) place.item = item;
    else this.#entries.splice(outputIndex ?? this.#entries.length, 0, { item, outputIndex });
  }

  /** Notes stand behind the message, or before the call, that they are about. */
  #addNote({ d }: NoteEnvelope): void {
    for (const id of d?.custom ?? []) this.#customIds.add(id);
    const last = this.#entries.at(-1)?.item;
    if (d?.phase && last && isAnswer(last)) last.phase = d.phase;
  }

  #addText(text: string): void {
    const message: AnswerMessage = {
      type: "message",
      role: "assistant",
      content: [{ type: "output_text", text }],
      ...(this.#phase ? { phase: this.#phase } : {}),
    };
    this.#phase = undefined;
    this.#entries.push({ item: message });
  }

  #addCall(
    placed: PlacedBlock,
    id: string,
    { name, input }: { readonly name: string; readonly input: unknown },
  ): void {
    const call = { call_id: callId(id), name: this.#turn.toolNames.upstream(name) };
    const isCustom = this.#customIds.has(placed.renamedFrom ?? id);
    if (isCustom && isObject(input) && typeof input.input === "string") {
      this.#customCalls.add(id);
      this.#entries.push({ item: { type: "custom_tool_call", ...call, input: input.input } });
    } else {
      const args = toolArguments(input);
      this.#entries.push({ item: { type: "function_call", ...call, arguments: args } });
    }
  }

  #addOther(placed: PlacedBlock, block: ContentBlockParam): void {
    const open: Readonly<Record<string, unknown>> = block;
    if (open.type === "server_tool_use" && this.#addSearch(open.id, open.input)) return;
    if (this.#searchIds.has(open.tool_use_id)) return;
    const text = blockText(block);
    if (text === undefined) {
      this.#turn.losses.warn(placed.path, `content block type '${block.type}'`);
    }
    this.#addText(text ?? placeholder(block.type));
  }

  /** A search goes back as itself only behind the reasoning that led to it. */
  #addSearch(id: unknown, input: unknown): boolean {
    const before = this.#entries.at(-1)?.item?.type;
    const isOwn = typeof id === "string" && id.startsWith(SEARCH_ID_PREFIX) &&
      (before === "reasoning" || before === "web_search_call");
    if (!isOwn) return false;
    const query = isObject(input) ? nonEmptyString(input.query) ?? "" : "";
    const item: SearchItem = {
      type: "web_search_call",
      status: "completed",
      action: { type: "search", query },
    };
    this.#searchIds.add(id);
    this.#entries.push({ item });
    return true;
  }
}

/** True for reasoning whose own item left no trace: the API refuses one without the other. */
function lostItsItem({ item, outputIndex }: Entry, next: Entry | undefined): boolean {
  return item?.type === "reasoning" && next?.item?.type === "reasoning" &&
    outputIndex !== undefined && next.outputIndex !== undefined &&
    next.outputIndex > outputIndex + 1;
}

function isAnswer(item: InputItem): item is AnswerMessage {
  return item.type === "message" && item.role === "assistant";
}
