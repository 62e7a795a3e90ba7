/** One item of an answer while it arrives. */
export interface LiveItem {
  /** Writes what has arrived and is not written yet. */
  write(): void;
  /** True if the next item may be written, though more of this one may follow. */
  readonly mayYield: boolean;
  /** Ends the block of this item, for the next one; undefined if there is none. */
  leave(next: LiveItem | undefined): void;
  /** What a message says it is: `commentary` or `final_answer`. */
  readonly phase?: string | undefined;
}

/**
 * Puts items that may be interleaved into the order of blocks: one is written as it arrives, and
 * others wait until it may yield.
 */
export class ItemQueue {
  readonly #items: LiveItem[] = [];

  /** Something of the item arrived. */
  touch(item: LiveItem): void {
    if (this.#items[0] !== item && !this.#items.includes(item)) this.#items.push(item);
    this.#advance();
  }

  /** Writes everything that waits; nothing can follow. */
  flush(): void {
    for (let item = this.#items.shift(); item; item = this.#items.shift()) {
      item.write();
      item.leave(this.#items[0]);
    }
  }

  #advance(): void {
    for (let item = this.#items[0]; item; item = this.#items[0]) {
      item.write();
      if (this.#items.length === 1 || !item.mayYield) return;
      item.leave(this.#items[1]);
      this.#items.shift();
    }
  }
}
