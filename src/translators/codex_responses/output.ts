import type { Usage } from "../../anthropic/message.ts";
import type { MessageWriter } from "../../anthropic/writer.ts";
import { nonEmptyString } from "../../json.ts";
import { type CallEnding, CallItem, type WholeCall } from "../common/call_item.ts";
import { ItemQueue } from "../common/item_queue.ts";
import { searchResult } from "../common/search_result.ts";
import type { Turn } from "../turn.ts";
import { KeyedItems, type Place } from "./keyed_items.ts";
import { MessageItem } from "./message_item.ts";
import { ReasoningItem } from "./reasoning_item.ts";
import { SearchItem, withSearches } from "./search_item.ts";
import type { OutputItem } from "./wire.ts";

/** The items of one answer, however their events come, and what they come to. */
export class Output {
  readonly #turn: Turn;
  readonly #queue = new ItemQueue();
  readonly #messages: KeyedItems<MessageItem>;
  readonly #reasoning: KeyedItems<ReasoningItem>;
  readonly #calls: KeyedItems<CallItem>;
  readonly #searches: KeyedItems<SearchItem>;
  readonly #noted = new Set<string>();

  constructor(turn: Turn, writer: MessageWriter) {
    this.#turn = turn;
    this.#messages = new KeyedItems(() => new MessageItem(turn, writer));
    this.#reasoning = new KeyedItems((_, index) => new ReasoningItem(turn, writer, index));
    this.#calls = new KeyedItems((key) => new CallItem(turn, writer, key));
    this.#searches = new KeyedItems((key) => new SearchItem(turn, writer, key));
  }

  /** True once an item began. */
  get any(): boolean {
    return Object.values(this.#counts()).some((count) => count > 0);
  }

  /** What the model refuses with; undefined if it does not refuse. */
  get refusal(): string | undefined {
    const refusals = this.#messages.all.flatMap(({ refusal }) => refusal ?? []);
    return refusals.length === 0 ? undefined : refusals.join("\n");
  }

  /** True if the arguments of a call were cut. */
  get callCut(): boolean {
    return this.#calls.all.some(({ cut }) => cut);
  }

  /** The usage with the searches that were written. */
  count(usage: Usage): Usage {
    return withSearches(usage, this.#searches.all);
  }

  /** An item begins; its content follows, unless it has some already. */
  begin(item: OutputItem, place: Place): void {
    switch (kindOf(item)) {
      case "message": {
        const message = this.#messages.begin(place, ({ done }) => done);
        message.phase = nonEmptyString(item.phase) ?? message.phase;
        return this.#queue.touch(message);
      }
      case "reasoning":
        return this.#queue.touch(this.#reasoning.begin(place, ({ done }) => done));
      case "call": {
        const id = nonEmptyString(item.call_id);
        const call = this.#calls.begin(
          place,
          ({ callId, done }) => done || (id !== undefined && callId !== "" && callId !== id),
        );
        call.describe(wholeCall(item));
        return this.#queue.touch(call);
      }
      case "search":
        return this.#queue.touch(this.#searches.begin(place, ({ done }) => done));
    }
  }

  /** An item ended; this is all of it. */
  complete(item: OutputItem, place: Place): void {
    switch (kindOf(item)) {
      case "message":
        return this.message(place, (message) => message.completeAll(item));
      case "reasoning": {
        const reasoning = this.#reasoning.find(place);
        reasoning.completeAll(item);
        // State that comes late waits for the end: it must not cut the text that goes on.
        if (!reasoning.left) this.#queue.touch(reasoning);
        return;
      }
      case "call": {
        const known = this.#calls.all.find(({ callId }) =>
          callId !== "" && callId === item.call_id
        );
        const call = known ?? this.#calls.find(place);
        call.completeAll(wholeCall(item));
        return this.#queue.touch(call);
      }
      case "search":
        return this.search(place, (search) => search.completeAll(item));
      default:
        return this.#note(item);
    }
  }

  /** Something of a message arrived. */
  message(place: Place, change: (message: MessageItem) => void): void {
    this.#change(this.#messages.find(place), change);
  }

  /** Something of reasoning arrived. */
  reasoning(place: Place, change: (reasoning: ReasoningItem) => void): void {
    this.#change(this.#reasoning.find(place), change);
  }

  /** Something of a call arrived. */
  call(place: Place, change: (call: CallItem) => void): void {
    this.#change(this.#calls.find(place), change);
  }

  /** Something of a search arrived. */
  search(place: Place, change: (search: SearchItem) => void): void {
    this.#change(this.#searches.find(place), change);
  }

  /** Takes items of the whole answer that no event told of, or not to their end. */
  addMissing(items: readonly OutputItem[]): void {
    const isWhole = Object.values(this.#counts()).every((count) => count === 0);
    const known = this.#counts();
    items.forEach((item, at) => {
      const kind = kindOf(item);
      // Ids and indexes may differ from those of the events; their order does not.
      const isKnown = kind !== undefined && known[kind]-- > 0;
      const place = isWhole
        ? { index: at, id: undefined }
        : { index: undefined, id: `whole:${at}` };
      if (kind === "call" && this.#isOver(item, isKnown)) return;
      if (kind === "reasoning" && isKnown) this.#addState(item, known[kind]);
      else if (!isKnown || kind === "call") this.complete(item, place);
    });
  }

  /** Writes what waits; nothing can follow. */
  finish(ending: CallEnding): void {
    for (const call of this.#calls.all) call.end(ending);
    this.#queue.flush();
    for (const reasoning of this.#reasoning.all) reasoning.settle();
    let cited = this.#messages.all.flatMap(({ pages }) => pages)
      .map((page) => searchResult(page, this.#turn));
    for (const search of this.#searches.all) {
      if (search.isWritten) continue;
      search.settle(cited);
      if (search.isWritten) cited = [];
    }
    // Some servers search without a word about it; Claude Code's WebSearch reads the blocks.
    const isSilent = cited.length > 0 && this.#searches.all.length === 0;
    if (isSilent) this.#searches.find({ index: undefined, id: "cited" }).invent(cited);
  }

  #counts(): Record<ItemKind, number> {
    return {
      message: this.#messages.all.length,
      reasoning: this.#reasoning.all.length,
      call: this.#calls.all.length,
      search: this.#searches.all.length,
    };
  }

  /** True if nothing is left to learn about a call. */
  #isOver({ call_id: id }: OutputItem, isKnown: boolean): boolean {
    const same = this.#calls.all.find(({ callId }) => callId !== "" && callId === id);
    return same?.done ?? isKnown;
  }

  /** Some servers tell the state in the whole answer only; `left` counts the items behind it. */
  #addState(item: OutputItem, left: number): void {
    const reasoning = this.#reasoning.all.at(-1 - left);
    if (reasoning?.state === undefined) reasoning?.completeAll(item);
  }

  #change<Item extends MessageItem | ReasoningItem | CallItem | SearchItem>(
    item: Item,
    change: (item: Item) => void,
  ): void {
    change(item);
    this.#queue.touch(item);
  }

  /** Some items have no place in a message, such as what other hosted tools did. */
  #note({ type }: OutputItem): void {
    const name = typeof type === "string" ? type.slice(0, 64) : "";
    if (name === "compaction" || this.#noted.has(name)) return;
    this.#noted.add(name);
    this.#turn.warn(`the upstream answered with '${name}', which has no place in a message`);
  }
}

/** A call as its item tells of it. */
function wholeCall(item: OutputItem): WholeCall {
  const custom = item.type === "custom_tool_call";
  return {
    id: nonEmptyString(item.call_id),
    name: nonEmptyString(item.name),
    custom,
    input: custom ? item.input : item.arguments,
    incomplete: item.status === "incomplete",
  };
}

/** What an item is to a message. */
type ItemKind = "message" | "reasoning" | "call" | "search";

/** The kind of an item; older builds of xAI's endpoint leave out the type of messages. */
function kindOf({ type, content }: OutputItem): ItemKind | undefined {
  switch (type) {
    case "message":
      return "message";
    case "reasoning":
      return "reasoning";
    case "function_call":
    case "custom_tool_call":
      return "call";
    case "web_search_call":
      return "search";
    default:
      return type === undefined && Array.isArray(content) ? "message" : undefined;
  }
}
