import type { OutputItem, ResponsesEvent } from "./wire.ts";

/** Where an event says that it belongs. */
export interface Place {
  /** Index in the answer's `output`. */
  readonly index: number | undefined;
  /** Id of the item. */
  readonly id: string | undefined;
}

/** The place of an event. */
export function placeOf({ output_index: index, item_id: id }: ResponsesEvent): Place {
  return {
    index: typeof index === "number" ? index : undefined,
    id: typeof id === "string" && id !== "" ? id : undefined,
  };
}

/** The place of an event that holds the item itself. */
export function itemPlace(event: ResponsesEvent, { id }: OutputItem): Place {
  const place = placeOf(event);
  return place.id === undefined && typeof id === "string" && id !== "" ? { ...place, id } : place;
}

/**
 * Items of one kind, in the order they began.
 *
 * They go by their output index, because some servers change an item's id from event to event; by
 * its id where there is no index; and where there is neither, the item is the one that came last.
 */
export class KeyedItems<Item> {
  readonly all: Item[] = [];
  readonly #make: (key: string, index: number | undefined) => Item;
  readonly #byIndex = new Map<number, Item>();
  readonly #byId = new Map<string, { readonly item: Item; readonly index: number | undefined }>();

  constructor(make: (key: string, index: number | undefined) => Item) {
    this.#make = make;
  }

  /** The item that begins there; `isOver` tells if one that is known there is another one. */
  begin(place: Place, isOver: (item: Item) => boolean): Item {
    const known = this.#known(place);
    return known === undefined || isOver(known) ? this.#add(place) : known;
  }

  /** The item that something arrived for, though its beginning may never have been told. */
  find(place: Place): Item {
    const known = this.#known(place);
    if (known !== undefined) return known;
    const isNowhere = place.index === undefined && place.id === undefined;
    return (isNowhere ? this.all.at(-1) : undefined) ?? this.#add(place);
  }

  #known({ index, id }: Place): Item | undefined {
    const byIndex = index === undefined ? undefined : this.#byIndex.get(index);
    if (byIndex !== undefined || id === undefined) return byIndex;
    const byId = this.#byId.get(id);
    // An item that has another index is another item: some servers use one id for all.
    return byId && (index === undefined || byId.index === undefined) ? byId.item : undefined;
  }

  #add({ index, id }: Place): Item {
    const item = this.#make(String(this.all.length), index);
    this.all.push(item);
    if (index !== undefined) this.#byIndex.set(index, item);
    if (id !== undefined) this.#byId.set(id, { item, index });
    return item;
  }
}
