import { stableId } from "../../anthropic/ids.ts";
import type { Usage, WebSearchResult } from "../../anthropic/message.ts";
import type { MessageWriter } from "../../anthropic/writer.ts";
import { citedPage, searchResult, wantsSearch } from "../common/search_result.ts";
import type { Turn } from "../turn.ts";

/**
 * Turns `url_citation` annotations into the search blocks that Claude Code's WebSearch reads,
 * where the request offered a web search; elsewhere the links stand in the text anyway.
 */
export class Citations {
  readonly #turn: Turn;
  readonly #writer: MessageWriter;
  readonly #pages = new Map<string, WebSearchResult>();
  /** Servers repeat their annotations; a page is written once. */
  readonly #seen = new Set<string>();
  #searches = 0;

  constructor(turn: Turn, writer: MessageWriter) {
    this.#turn = turn;
    this.#writer = writer;
  }

  /** Takes the annotations of a delta or message. */
  push(annotations: unknown): void {
    if (!wantsSearch(this.#turn) || !Array.isArray(annotations)) return;
    for (const annotation of annotations) {
      const page = citedPage(annotation);
      if (!page || this.#seen.has(page.url)) continue;
      this.#seen.add(page.url);
      this.#pages.set(page.url, searchResult(page, this.#turn));
    }
  }

  /** Writes what was collected; the upstream names no query, so the input has none. */
  flush(): void {
    if (this.#pages.size === 0) return;
    this.#searches++;
    const id = stableId("srvtoolu_", this.#writer.messageId + [...this.#pages.keys()].join());
    this.#writer.webSearch(id, {}, [...this.#pages.values()]);
    this.#pages.clear();
  }

  /** The usage with the searches that were written. */
  count(usage: Usage): Usage {
    if (this.#searches === 0) return usage;
    const server_tool_use = { web_search_requests: this.#searches, web_fetch_requests: 0 };
    return { ...usage, server_tool_use };
  }
}
