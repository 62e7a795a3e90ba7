import type { MessageWriter } from "../../anthropic/writer.ts";
import type { LiveItem } from "../common/item_queue.ts";

/** Text of the model, which may begin and end without a word. */
export class TextItem implements LiveItem {
  readonly mayYield = true;
  readonly #writer: MessageWriter;
  #pending = "";

  constructor(writer: MessageWriter) {
    this.#writer = writer;
  }

  /** Takes more of the text. */
  add(text: string): void {
    this.#pending += text;
  }

  write(): void {
    if (this.#pending === "") return;
    const text = this.#pending;
    this.#pending = "";
    this.#writer.text(text);
  }

  leave(): void {
    this.#writer.closeBlock();
  }
}
