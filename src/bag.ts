/** An item's place in a {@link Bag}. */
export interface Entry<Item> {
  readonly item: Item;
  /** Index in the bag; -1 once it was taken out. */
  at: number;
}

/**
 * Things that come and go in any order, by the thousand.
 *
 * What a `Set` is for, but for one thing: whenever a `Set` that is older than the youngest garbage
 * makes room, its old table goes on pointing at the new one and at all that was in it, so that
 * nothing which ever was in it is freed before the next full collection (V8 14).
 */
export class Bag<Item> {
  readonly #entries: Entry<Item>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** Adds an item; with what this returns it is taken out again. */
  add(item: Item): Entry<Item> {
    const entry = { item, at: this.#entries.length };
    this.#entries.push(entry);
    return entry;
  }

  /** Takes an item out; false if it is not there any more. */
  remove(entry: Entry<Item>): boolean {
    const { at } = entry;
    const last = at < 0 ? undefined : this.#entries.pop();
    if (!last) return false;
    if (last !== entry) {
      this.#entries[at] = last;
      last.at = at;
    }
    entry.at = -1;
    return true;
  }

  /** All items, in no certain order. */
  items(): Item[] {
    return this.#entries.map(({ item }) => item);
  }
}
