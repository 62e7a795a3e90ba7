import type { SearchResultBlock } from "../../anthropic/request.ts";
import { isObject } from "../../json.ts";
import { textsOf } from "../common/content_text.ts";
import type { PlacedBlock } from "../common/history_blocks.ts";
import { type BlockPlace, documentParts } from "./documents.ts";
import { type Part, plainParts } from "./parts.ts";
import type { ConverseBlock } from "./wire.ts";

/** What a user or a tool shows, as blocks of a message; blank texts are none. */
export function userParts(placed: PlacedBlock, place: BlockPlace): readonly Part[] {
  const { block } = placed;
  if (block.type === "document") return documentParts(block, placed, place);
  if (block.type === "search_result" && place.turn.profile.citations) {
    return [{ element: searchResult(block), marker: block.cache_control }];
  }
  return plainParts(placed, place);
}

function searchResult({ source, title, content, citations }: SearchResultBlock): ConverseBlock {
  const enabled = isObject(citations) ? citations.enabled : undefined;
  return {
    searchResult: {
      source: String(source ?? ""),
      title: String(title ?? ""),
      content: (Array.isArray(content) ? textsOf(content) : []).map((text) => ({ text })),
      ...(typeof enabled === "boolean" ? { citations: { enabled } } : {}),
    },
  };
}
