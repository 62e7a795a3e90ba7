import type { MessageWriter } from "../../anthropic/writer.ts";
import { nonEmptyString } from "../../json.ts";
import { hashText, sealEnvelope, stateOwner } from "../common/envelope.ts";
import type { Turn } from "../turn.ts";
import type { LiveItem } from "../common/item_queue.ts";
import { MessageItem } from "./message_item.ts";
import { SUMMARY_JOINER } from "./reasoning_in.ts";
import { objectsOf, type OutputItem, textOf } from "./wire.ts";

/** A summary of the reasoning, or the reasoning itself. */
export type ReasoningKind = "summary" | "raw";

/**
 * Reasoning of the model: its text for the client, and its state for the next turn.
 *
 * The block stays open until the next item begins, because the state tells what phase that one is
 * in. State that comes when the next item has begun is written at the end of the message.
 */
export class ReasoningItem implements LiveItem {
  readonly mayYield = true;
  /** Encrypted state; only the last event of the item has it whole. */
  state: string | undefined;
  /** True once the item said that it is complete. */
  done = false;
  readonly #turn: Turn;
  readonly #writer: MessageWriter;
  readonly #outputIndex: number | undefined;
  readonly #parts: Readonly<Record<ReasoningKind, Map<number, string>>> = {
    summary: new Map(),
    raw: new Map(),
  };
  /** Which of the two is shown: the one that comes first. */
  #shown: ReasoningKind | undefined;
  #shownPart = 0;
  #pending = "";
  #hasText = false;
  #isOpen = false;
  #left = false;
  #phase: string | undefined;
  #stateIsWritten = false;

  constructor(turn: Turn, writer: MessageWriter, outputIndex: number | undefined) {
    this.#turn = turn;
    this.#writer = writer;
    this.#outputIndex = outputIndex;
  }

  /** True once the next item began. */
  get left(): boolean {
    return this.#left;
  }

  /** Takes more of a part's text. */
  add(kind: ReasoningKind, part: number, text: string): void {
    if (text === "") return;
    this.#parts[kind].set(part, (this.#parts[kind].get(part) ?? "") + text);
    this.#shown ??= kind;
    if (this.#shown !== kind) return;
    if (part !== this.#shownPart && this.#hasText) this.#pending += SUMMARY_JOINER;
    this.#shownPart = part;
    this.#hasText = true;
    this.#pending += text;
  }

  /** Takes a part's whole text; what is told only when the next item has begun is not shown. */
  complete(kind: ReasoningKind, part: number, text: string): void {
    const known = this.#parts[kind].get(part) ?? "";
    if (this.#left) this.#parts[kind].set(part, text);
    else if (text.startsWith(known)) this.add(kind, part, text.slice(known.length));
  }

  /** Takes the whole item, as its last event and the whole answer have it. */
  completeAll(item: OutputItem): void {
    const summary = objectsOf(item.summary);
    summary.forEach(({ text }, at) => this.complete("summary", at, textOf(text)));
    objectsOf(item.content).forEach(({ text }, at) => this.complete("raw", at, textOf(text)));
    this.state = nonEmptyString(item.encrypted_content) ?? this.state;
    this.done = true;
  }

  write(): void {
    if (this.#pending === "") return;
    const text = this.#pending;
    this.#pending = "";
    this.#isOpen = true;
    this.#writer.thinking(text, this.#seal);
  }

  leave(next: LiveItem | undefined): void {
    this.#phase = next?.phase;
    if (next instanceof MessageItem && next.phase !== undefined) {
      next.phaseIsCarried = this.state !== undefined;
    }
    if (this.#isOpen) this.#writer.closeBlock();
    else this.#writeState();
    this.#isOpen = false;
    this.#left = true;
  }

  /** Writes state that came too late for a block of its own place. */
  settle(): void {
    if (!this.#stateIsWritten) this.#writeState();
  }

  #writeState(): void {
    if (this.state === undefined) return;
    this.#writer.redactedThinking(sealEnvelope({ ...this.#head(), ...this.#data(undefined) }));
  }

  readonly #seal = (shown: string): string =>
    sealEnvelope({ ...this.#head(), h: hashText(shown), ...this.#data(shown) });

  #head() {
    const { target, model } = this.#turn;
    const oi = this.#outputIndex;
    return {
      k: "ri",
      p: stateOwner(target),
      m: model,
      ...(oi === undefined ? {} : { oi }),
    } as const;
  }

  /** The state, once, with the summary as far as the block does not show it. */
  #data(shown: string | undefined) {
    if (this.state === undefined || this.#stateIsWritten) return {};
    this.#stateIsWritten = true;
    const late = this.#left ? { late: true } : {};
    const phase = this.#phase === undefined ? {} : { phase: this.#phase };
    return { d: { ec: this.state, ...this.#summary(shown), ...phase, ...late } };
  }

  #summary(shown: string | undefined) {
    const sum = [...this.#parts.summary].sort(([a], [b]) => a - b).map(([, text]) => text);
    const isShown = shown !== undefined && !this.#turn.hideThinking &&
      sum.join(SUMMARY_JOINER) === shown;
    if (!isShown) return sum.length > 0 || shown !== undefined ? { sum } : {};
    return sum.length > 1 ? { cut: sum.map(({ length }) => length) } : {};
  }
}
