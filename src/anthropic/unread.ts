import { isObject, type JsonObject } from "../json.ts";
import type { LongTexts } from "./long_texts.ts";

/**
 * Restores the texts of a message that somebody may look into.
 *
 * The long ones that stay away are those that every translator hands on as they are: a user's texts,
 * images and documents, and those in the results of tools.
 */
export function restoreRead(message: unknown, texts: LongTexts): void {
  if (!isObject(message) || message.role !== "user") texts.restoredAll(message);
  else restoreContent(message, texts, restoreResult);
}

/** What becomes of a block that is neither text nor media. */
type RestoreOther = (block: JsonObject, texts: LongTexts) => void;

/** Restores an object whose `content` is a text or a list of blocks. */
function restoreContent(holder: JsonObject, texts: LongTexts, restoreOther: RestoreOther): void {
  restoreAllBut("content", holder, texts);
  const { content } = holder;
  if (typeof content === "string") return;
  if (!Array.isArray(content)) texts.restoredAll(content);
  else for (const block of content) restoreBlock(block, texts, restoreOther);
}

function restoreBlock(block: unknown, texts: LongTexts, restoreOther: RestoreOther): void {
  if (!isObject(block)) return;
  if (block.type === "text") restoreAllBut("text", block, texts);
  else if (block.type === "image" || block.type === "document") restoreMedia(block, texts);
  else restoreOther(block, texts);
}

/** What is neither text nor media inside of a result is told in words, as its JSON text. */
function restoreResult(block: JsonObject, texts: LongTexts): void {
  if (block.type !== "tool_result") texts.restoredAll(block);
  else restoreContent(block, texts, (inside) => texts.restoredAll(inside));
}

function restoreMedia(block: JsonObject, texts: LongTexts): void {
  const { source } = block;
  restoreAllBut("source", block, texts);
  if (isObject(source) && source.type === "base64") restoreAllBut("data", source, texts);
  else texts.restoredAll(source);
}

/** The member itself is left alone if it is a string, or for the caller to go on with. */
function restoreAllBut(name: string, object: JsonObject, texts: LongTexts): void {
  for (const other of Object.keys(object)) {
    if (other !== name) texts.restoreMember(object, other);
  }
}
