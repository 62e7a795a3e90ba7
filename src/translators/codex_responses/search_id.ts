import { stableId } from "../../anthropic/ids.ts";

/** What the ids of searches that this API ran begin with. */
export const SEARCH_ID_PREFIX = "srvtoolu_ws_";

/** The client's id of a search; the same for the same item. */
export function searchId(itemId: string): string {
  return stableId(SEARCH_ID_PREFIX, itemId);
}
