import { isObject } from "../../json.ts";
import { imageUrl, type PartShapes, UserContent } from "../common/user_content.ts";
import type { Turn } from "../turn.ts";
import type { ChatPart } from "./wire.ts";

const SHAPES: PartShapes<ChatPart> = {
  text: textPart,
  image: (image) => ({ type: "image_url", image_url: { url: imageUrl(image) } }),
  // A file that is elsewhere has no form in this API.
  file: (file) =>
    "url" in file
      ? undefined
      : { type: "file", file: { filename: file.filename, file_data: file.dataUrl } },
  marked: withMarker,
};

/** What a user or a tool shows, as parts of a chat message. */
export const userContent: UserContent<ChatPart> = new UserContent(SHAPES);

/** A text part. */
export function textPart(text: string): ChatPart {
  return { type: "text", text };
}

/** True if the part carries a cache marker. */
export function hasMarker(part: ChatPart): boolean {
  return "cache_control" in part;
}

/** The texts of the parts in one; media are left out. */
export function joined(parts: readonly ChatPart[], separator: string): string {
  const [first] = parts;
  if (parts.length === 1 && first?.type === "text") return first.text;
  return parts.map((part) => part.type === "text" ? part.text : "").join(separator);
}

/** The part with its cache marker, where the profile keeps them; `ttl` differs by provider. */
export function withMarker(part: ChatPart, marker: unknown, { profile }: Turn): ChatPart {
  const kept = profile.cache === "anthropic_parts" && isObject(marker);
  return kept && part.type !== "thinking"
    ? { ...part, cache_control: { type: "ephemeral" } }
    : part;
}
