import type { Usage, WebSearchResult } from "../../anthropic/message.ts";
import type { MessageWriter } from "../../anthropic/writer.ts";
import { isObject, nonEmptyString } from "../../json.ts";
import { searchResult, wantsSearch } from "../common/search_result.ts";
import type { Turn } from "../turn.ts";
import type { LiveItem } from "../common/item_queue.ts";
import { searchId } from "./search_id.ts";
import { objectsOf, type OutputItem, textOf } from "./wire.ts";

/** A search that the upstream ran, or a page that it opened, which leaves no trace. */
export class SearchItem implements LiveItem {
  readonly mayYield = true;
  /** True once the item said that it is complete. */
  done = false;
  readonly #turn: Turn;
  readonly #writer: MessageWriter;
  readonly #key: string;
  #id = "";
  #query: string | undefined;
  #results: readonly WebSearchResult[] = [];
  #isWritten = false;

  /** `key` tells apart the searches of one answer that have no id. */
  constructor(turn: Turn, writer: MessageWriter, key: string) {
    this.#turn = turn;
    this.#writer = writer;
    this.#key = key;
  }

  /** Takes the whole item, as its last event and the whole answer have it. */
  completeAll({ id, action }: OutputItem): void {
    this.done = true;
    if (!isObject(action) || !wantsSearch(this.#turn)) return;
    if (action.type !== "search" && action.type !== undefined) return;
    const [first] = Array.isArray(action.queries) ? action.queries : [];
    this.#query = nonEmptyString(action.query) ?? textOf(first);
    const urls = new Set(objectsOf(action.sources).map(({ url }) => textOf(url)));
    this.#results = [...urls].filter((url) => url !== "")
      .map((url) => searchResult({ url, title: url }, this.#turn));
    this.#id = searchId(nonEmptyString(id) ?? `${this.#writer.messageId}:${this.#key}`);
  }

  /** True once the search is with the client. */
  get isWritten(): boolean {
    return this.#isWritten;
  }

  write(): void {
    // Without sources the pages are known only when the answer has cited them.
    if (this.#results.length > 0) this.#write(this.#results);
  }

  leave(): void {
    // Nothing stays open.
  }

  /** Writes a search whose pages only the citations tell. */
  settle(cited: readonly WebSearchResult[]): void {
    this.#write(cited);
  }

  /** Writes a search that no item told of. */
  invent(cited: readonly WebSearchResult[]): void {
    this.completeAll({ type: "web_search_call", action: { type: "search" } });
    this.#write(cited);
  }

  #write(results: readonly WebSearchResult[]): void {
    if (this.#query === undefined || this.#isWritten) return;
    this.#isWritten = true;
    this.#writer.webSearch(this.#id, { query: this.#query }, results);
  }
}

/** The usage with the searches that were written. */
export function withSearches(usage: Usage, searches: Iterable<SearchItem>): Usage {
  const written = [...searches].filter(({ isWritten }) => isWritten).length;
  if (written === 0) return usage;
  return {
    ...usage,
    server_tool_use: { web_search_requests: written, web_fetch_requests: 0 },
  };
}
