import type { MessageWriter } from "../../anthropic/writer.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { sealEnvelope, stateOwner } from "../common/envelope.ts";
import { type CitedPage, citedPage, emptySeal, wantsSearch } from "../common/search_result.ts";
import type { Turn } from "../turn.ts";
import type { LiveItem } from "../common/item_queue.ts";
import { textOf } from "./wire.ts";

/** Text that is still to be written, or a page that the text before it cites. */
type Piece = string | CitedPage;

/** A message of the model: text, refusals and citations. */
export class MessageItem implements LiveItem {
  readonly mayYield = true;
  phase: string | undefined;
  /** True once the message said that it is complete. */
  done = false;
  /** True if the reasoning before it carries the phase to the next turn. */
  phaseIsCarried = false;
  /** What the model refuses with; undefined if it does not refuse. */
  refusal: string | undefined;
  readonly #turn: Turn;
  readonly #writer: MessageWriter;
  /** Text of each part so far. */
  readonly #parts = new Map<number, string>();
  readonly #cited = new Map<string, CitedPage>();
  #pending: Piece[] = [];
  #hasText = false;

  constructor(turn: Turn, writer: MessageWriter) {
    this.#turn = turn;
    this.#writer = writer;
  }

  /** The pages that were cited, each once. */
  get pages(): readonly CitedPage[] {
    return [...new Map([...this.#cited.values()].map((page) => [page.url, page])).values()];
  }

  /** Takes more of a part's text. */
  add(part: number, text: string): void {
    if (text === "") return;
    this.#parts.set(part, (this.#parts.get(part) ?? "") + text);
    this.#pending.push(text);
  }

  /** Takes a part's whole text, of which deltas may have come before. */
  complete(part: number, text: string): void {
    const known = this.#parts.get(part) ?? "";
    if (text.startsWith(known)) this.add(part, text.slice(known.length));
  }

  /** Takes more of a refusal, which is text too. */
  refuse(part: number, text: string): void {
    this.refusal = (this.refusal ?? "") + text;
    this.add(part, text);
  }

  /** Takes a whole refusal. */
  completeRefusal(part: number, text: string): void {
    this.complete(part, text);
    this.refusal = text;
  }

  /** Takes a citation; servers repeat them. */
  cite(annotation: unknown): void {
    if (!isObject(annotation) || !wantsSearch(this.#turn)) return;
    const page = citedPage(annotation);
    const key = `${page?.url} ${annotation.start_index} ${annotation.end_index}`;
    if (!page || this.#cited.has(key)) return;
    this.#cited.set(key, page);
    this.#pending.push(page);
  }

  /** Takes the whole message, as its last event and the whole answer have it. */
  completeAll({ content, phase }: JsonObject): void {
    if (typeof phase === "string") this.phase = phase;
    if (Array.isArray(content)) content.forEach((part, at) => this.completePart(at, part));
    this.done = true;
  }

  /** Takes a whole part. */
  completePart(at: number, part: unknown): void {
    if (!isObject(part)) return;
    if (part.type === "refusal") this.completeRefusal(at, textOf(part.refusal));
    else this.complete(at, textOf(part.text));
    if (Array.isArray(part.annotations)) part.annotations.forEach((one) => this.cite(one));
  }

  write(): void {
    if (this.#pending.length === 0) return;
    const pieces = this.#pending;
    this.#pending = [];
    for (const piece of pieces) {
      if (typeof piece === "string") {
        this.#hasText = true;
        this.#writer.text(piece);
      } else {
        this.#writer.citation({
          type: "web_search_result_location",
          ...piece,
          encrypted_index: emptySeal(this.#turn),
          cited_text: "",
        });
      }
    }
  }

  leave(next: LiveItem | undefined): void {
    this.#writer.closeBlock();
    if (!this.#hasText || this.phase === undefined || this.phaseIsCarried) return;
    const { profile, target, model } = this.#turn;
    // What the next turn would assume without being told.
    const assumed = next ? "commentary" : "final_answer";
    if (profile.phase && this.phase === assumed) return;
    const note = { k: "ct", p: stateOwner(target), m: model, d: { phase: this.phase } } as const;
    this.#writer.redactedThinking(sealEnvelope(note));
  }
}
