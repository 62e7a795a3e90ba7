import { stableId } from "../../anthropic/ids.ts";
import type { InputItem } from "./wire.ts";

/** What the ids of items begin with. */
const PREFIXES: Readonly<Record<InputItem["type"], string>> = {
  message: "msg_",
  reasoning: "rs_",
  function_call: "fc_",
  function_call_output: "fco_",
  custom_tool_call: "ctc_",
  custom_tool_call_output: "ctco_",
  web_search_call: "ws_",
};

/**
 * The items as servers want them that know no item without an id. Ids go by the item's place, so
 * that they stay the same as the conversation grows.
 */
export function withIds(items: readonly InputItem[]): readonly unknown[] {
  return items.map((item, at) => {
    if (item.type === "message" && item.role !== "assistant") return item;
    return { ...item, id: stableId(PREFIXES[item.type], String(at)), status: "completed" };
  });
}
