import type { ContentBlockParam, ToolResultBlock } from "../../anthropic/request.ts";
import { isPresent } from "../../json.ts";
import { blockText, errorText, placeholder } from "../common/content_text.ts";
import { PlacedBlock } from "../common/history_blocks.ts";
import {
  type ContentPlace,
  imageUrl,
  type PartShapes,
  UserContent,
} from "../common/user_content.ts";
import type { InputPart } from "./wire.ts";

const SHAPES: PartShapes<InputPart> = {
  text: textPart,
  image: (image) => ({ type: "input_image", image_url: imageUrl(image), detail: "auto" }),
  file: (file) =>
    "url" in file
      ? { type: "input_file", file_url: file.url }
      : { type: "input_file", filename: file.filename, file_data: file.dataUrl },
  // The API caches by itself; its explicit breakpoints are billed and have other lifetimes.
  marked: (part) => part,
};

/** What a user or a tool shows, as parts of the Responses API. */
export const userContent: UserContent<InputPart> = new UserContent(SHAPES);

/** A text part. */
export function textPart(text: string): InputPart {
  return { type: "input_text", text };
}

/** What a tool answered: a plain string, or parts where it shows images or files. */
export function resultOutput(
  placed: PlacedBlock,
  block: ToolResultBlock,
  place: ContentPlace,
): string | readonly InputPart[] {
  const parts = blocksOf(block).flatMap((one, at) => {
    const index = `${placed.index ?? 0}.content.${at}`;
    return resultParts(new PlacedBlock(one, { message: placed.message, index }), place);
  });
  if (parts.some(({ type }) => type !== "input_text")) {
    return block.is_error ? asError(parts) : parts;
  }
  const text = parts.map((part) => part.type === "input_text" ? part.text : "").join("\n");
  if (block.is_error) return errorText(text);
  return text === "" ? place.turn.profile.tool_empty : text;
}

function asError(parts: readonly InputPart[]): readonly InputPart[] {
  const [first, ...rest] = parts;
  if (first?.type !== "input_text") return [textPart("Error:"), ...parts];
  return [textPart(errorText(first.text)), ...rest];
}

function blocksOf({ content }: ToolResultBlock): readonly ContentBlockParam[] {
  if (!isPresent(content) || content === "") return [];
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

/** A result is history the moment it is sent again, so nothing in it is ever refused. */
function resultParts(placed: PlacedBlock, { turn }: ContentPlace): readonly InputPart[] {
  const { block } = placed;
  if (block.type !== "image" && block.type !== "document") {
    const text = blockText(block) ?? JSON.stringify(block);
    return text === "" ? [] : [textPart(text)];
  }
  const parts = userContent.parts(placed, { turn, current: false });
  if (turn.profile.tool_msg_images) return parts;
  return parts.map((part) => {
    if (part.type === "input_text") return part;
    turn.losses.warn(placed.path, `${block.type} in a tool result`);
    return textPart(placeholder(block.type));
  });
}
