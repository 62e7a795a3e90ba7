import type { MessageWriter } from "../../anthropic/writer.ts";
import { isObject, type JsonObject, nonEmptyString } from "../../json.ts";
import { type CallEnding, CallItem } from "../common/call_item.ts";
import { ItemQueue } from "../common/item_queue.ts";
import type { Turn } from "../turn.ts";
import { ReasoningItem } from "./reasoning_item.ts";
import { TextItem } from "./text_item.ts";

/** A content block of the answer while it arrives. */
type Item = TextItem | ReasoningItem | CallItem;

/**
 * The content blocks of one answer, whole or in pieces.
 *
 * Only calls say that they begin; text and reasoning begin with their first piece. Indexes tell
 * blocks apart and mean nothing else, since some of them turn out to be empty.
 */
export class Answer {
  readonly #turn: Turn;
  readonly #writer: MessageWriter;
  readonly #queue = new ItemQueue();
  readonly #items = new Map<unknown, Item>();
  readonly #calls: CallItem[] = [];
  readonly #noted = new Set<string>();
  #hasText = false;

  constructor(turn: Turn, writer: MessageWriter) {
    this.#turn = turn;
    this.#writer = writer;
  }

  /** True if something arrived that is no mere beginning of a block. */
  get any(): boolean {
    return this.#items.size > 0;
  }

  /** True if the client can do something with what was written: text, or a call to run. */
  get isUsable(): boolean {
    return this.#hasText || this.#writer.toolBlocks > 0;
  }

  /** A block begins. */
  begin(index: unknown, start: JsonObject): void {
    const call = start.toolUse;
    if (isObject(call)) {
      if (call.type === "server_tool_use") return this.#note("server_tool_use");
      const item = new CallItem(this.#turn, this.#writer, String(this.#calls.length));
      item.describe({ id: nonEmptyString(call.toolUseId), name: nonEmptyString(call.name) });
      this.#calls.push(item);
      this.#items.set(index, item);
      return this.#queue.touch(item);
    }
    // Some models announce text with nothing in it; it begins with its first piece.
    const [kind] = Object.keys(start);
    if (kind !== undefined) this.#note(kind);
  }

  /** A piece of a block arrived. */
  add(index: unknown, delta: JsonObject): void {
    if (typeof delta.text === "string") return this.#text(index, delta.text);
    if (isObject(delta.reasoningContent)) return this.#reason(index, delta.reasoningContent);
    if (isObject(delta.toolUse)) return this.#call(index, delta.toolUse.input);
    const [kind] = Object.keys(delta);
    if (kind !== undefined) this.#note(kind);
  }

  /** A block ended. */
  stop(index: unknown): void {
    const item = this.#items.get(index);
    if (!(item instanceof CallItem)) return;
    item.stop();
    this.#queue.touch(item);
  }

  /** Takes a whole block. */
  addWhole(index: number, block: JsonObject): void {
    const { toolUse, reasoningContent, citationsContent } = block;
    if (isObject(toolUse)) {
      this.begin(index, { toolUse });
      this.#call(index, toolUse.input);
    } else if (isObject(reasoningContent)) {
      const { reasoningText, redactedContent } = reasoningContent;
      if (isObject(reasoningText)) this.#reason(index, reasoningText);
      if (redactedContent !== undefined) this.#reason(index, { redactedContent });
    } else if (isObject(citationsContent)) {
      const { content } = citationsContent;
      for (const part of Array.isArray(content) ? content : []) {
        if (isObject(part) && typeof part.text === "string") this.#text(index, part.text);
      }
      this.#note("citation");
    } else this.add(index, block);
  }

  /**
   * Writes what waits; nothing can follow.
   *
   * @throws {UpstreamProtocolError} If arguments that the client has already are no JSON.
   */
  finish(ending: CallEnding): void {
    for (const call of this.#calls) call.end(ending);
    this.#queue.flush();
    this.#writer.closeBlock();
  }

  #text(index: unknown, text: string): void {
    if (text === "") return;
    this.#hasText ||= text.trim() !== "";
    this.#change(index, TextItem, () => new TextItem(this.#writer), (item) => item.add(text));
  }

  #reason(index: unknown, { text, signature, redactedContent }: JsonObject): void {
    const parts = [text, signature, redactedContent].map((part) => nonEmptyString(part));
    if (parts.every((part) => part === undefined)) return;
    const make = () => new ReasoningItem(this.#turn, this.#writer);
    this.#change(index, ReasoningItem, make, (item) => {
      item.add(parts[0] ?? "");
      item.sign(parts[1] ?? "");
      item.redact(parts[2] ?? "");
    });
  }

  #call(index: unknown, input: unknown): void {
    const item = this.#items.get(index);
    if (!(item instanceof CallItem)) return;
    if (typeof input === "string") item.add(input);
    else item.complete(input);
    this.#queue.touch(item);
  }

  #change<Kind extends TextItem | ReasoningItem>(
    index: unknown,
    kind: abstract new (...args: never[]) => Kind,
    make: () => Kind,
    change: (item: Kind) => void,
  ): void {
    const known = this.#items.get(index);
    const item = known instanceof kind ? known : make();
    this.#items.set(index, item);
    change(item);
    this.#queue.touch(item);
  }

  /** Some blocks have no place in a message, and of citations only the text has one. */
  #note(kind: string): void {
    if (this.#noted.has(kind)) return;
    this.#noted.add(kind);
    this.#turn.warn(`the upstream answered with '${kind.slice(0, 64)}', which is left out`);
  }
}
