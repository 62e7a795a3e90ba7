import type { WebSearchResult } from "../../anthropic/message.ts";
import { isObject, nonEmptyString } from "../../json.ts";
import type { Turn } from "../turn.ts";
import { sealEnvelope, stateOwner } from "./envelope.ts";

/** A page that an answer cites. */
export interface CitedPage {
  readonly url: string;
  readonly title: string;
}

/** The page of a `url_citation`, nested as in chat or flat; undefined for any other annotation. */
export function citedPage(annotation: unknown): CitedPage | undefined {
  if (!isObject(annotation)) return undefined;
  const page = isObject(annotation.url_citation) ? annotation.url_citation : annotation;
  if (typeof page.url !== "string") return undefined;
  return { url: page.url, title: nonEmptyString(page.title) ?? page.url };
}

/** A page as a hit of a search; its content is nobody's secret, so the seal holds none. */
export function searchResult({ url, title }: CitedPage, turn: Turn): WebSearchResult {
  return {
    type: "web_search_result",
    url,
    title,
    encrypted_content: emptySeal(turn),
    page_age: null,
  };
}

/** What stands where Anthropic has encrypted content. */
export function emptySeal({ target, model }: Turn): string {
  return sealEnvelope({ k: "ct", p: stateOwner(target), m: model });
}

/** True if the client offered a web search, so that it reads the blocks of one. */
export function wantsSearch({ request }: Turn): boolean {
  return request.tools?.some(({ type }) => type?.startsWith("web_search_")) ?? false;
}
