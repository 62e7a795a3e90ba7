import type { ContentBlockParam, ToolResultBlock } from "../../anthropic/request.ts";
import { isObject, isPresent } from "../../json.ts";
import { blockText, errorText } from "../common/content_text.ts";
import { PlacedBlock } from "../common/history_blocks.ts";
import type { ToolCallIds } from "../common/tool_call_ids.ts";
import { userParts } from "./content.ts";
import type { BlockPlace } from "./documents.ts";
import { draftAt, type Part } from "./parts.ts";
import type { ConverseBlock, Draft } from "./wire.ts";

/** A tool's result, and the media that must follow it where the model takes none inside. */
export interface ToolResultDrafts {
  readonly result: Draft;
  readonly attached: readonly Draft[];
}

/** Turns a tool's result into a block; nothing in it is ever refused, because it is sent again. */
export function toolResultDrafts(
  placed: PlacedBlock,
  block: ToolResultBlock,
  { place, ids }: { readonly place: BlockPlace; readonly ids: ToolCallIds },
): ToolResultDrafts {
  const { profile } = place.turn;
  const parts = blocksOf(block).flatMap((one, at) => {
    const index = `${placed.index ?? 0}.content.${at}`;
    return resultParts(new PlacedBlock(one, { message: placed.message, index }), place);
  });
  const inside = profile.tool_msg_images ? parts : parts.filter(({ element }) => !isMedia(element));
  const attached = profile.tool_msg_images ? [] : parts.filter(({ element }) => isMedia(element));
  const note: Part[] = attached.length > 0
    ? [{ element: { text: "[attached below]" }, marker: undefined }]
    : [];
  const content = [...inside, ...note].map(({ element }) => element);
  const marker = [block.cache_control, ...parts.map((part) => part.marker)].find(isObject);
  return {
    result: {
      element: {
        toolResult: {
          toolUseId: ids.of(block.tool_use_id),
          content: filled(content, block, profile),
          status: block.is_error ? "error" : "success",
        },
      },
      marker,
      path: placed.path,
    },
    attached: attached.map((part) => draftAt(placed)({ ...part, marker: undefined })),
  };
}

function isMedia(element: ConverseBlock): boolean {
  return "image" in element || "document" in element;
}

function blocksOf({ content }: ToolResultBlock): readonly ContentBlockParam[] {
  if (!isPresent(content) || content === "") return [];
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function resultParts(placed: PlacedBlock, place: BlockPlace): readonly Part[] {
  const { block } = placed;
  const isKnown = block.type === "image" || block.type === "document" ||
    blockText(block) !== undefined;
  const shown = isKnown
    ? placed
    : new PlacedBlock({ type: "text", text: JSON.stringify(block) }, placed);
  return userParts(shown, { ...place, current: false });
}

/** The content of a result, which must not be empty; models that know no status get words. */
function filled(
  content: readonly ConverseBlock[],
  { is_error: isError }: ToolResultBlock,
  { tool_empty: empty, tool_status: knowsStatus }: BlockPlace["turn"]["profile"],
): readonly ConverseBlock[] {
  const result = content.length > 0 ? content : [{ text: empty }];
  if (!isError || knowsStatus) return result;
  const [first, ...rest] = result;
  if (first && "text" in first) return [{ text: errorText(first.text) }, ...rest];
  return [{ text: "Error:" }, ...result];
}
