import { tryParseJson } from "../../json.ts";

/**
 * What must be appended to JSON text that ended too early; undefined where appending cannot help.
 *
 * For arguments that were streamed already and so can only be added to.
 */
export function closeJson(text: string): string | undefined {
  const open: string[] = [];
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{") open.push("}");
    else if (char === "[") open.push("]");
    else if (char === "}" || char === "]") open.pop();
  }
  const suffix = (inString ? '"' : "") + open.reverse().join("");
  for (const closing of [suffix, `null${suffix}`]) {
    if (tryParseJson(text + closing) !== undefined) return closing;
  }
  return undefined;
}
