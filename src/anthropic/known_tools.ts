import { isObject } from "../json.ts";
import { lastMember, objectMembers } from "../json_text.ts";
import type { ToolParam } from "./request.ts";

/** Lists of tools that are kept; one agent sends the same list with each of its requests. */
const MAX_KNOWN = 8;

/** Parsing fewer tools takes less time than to find them. */
const MIN_TOOLS = 4;

/** Of longer texts, in UTF-16 units, tools are a small part, and to copy the rest costs more. */
const MAX_LENGTH = 512 * 1024;

/** Places of a text that are looked at; nobody but the request itself has a member `tools`. */
const MAX_PLACES = 8;

const NAME = '"tools"';

/** Stands in for tools that need no parsing; nobody else can know it. */
const PLACEHOLDER = crypto.randomUUID();

/** The tools of an earlier request: `"tools": […]` as it was sent, and what that is. */
interface KnownTools {
  readonly member: string;
  readonly tools: readonly ToolParam[];
}

/** The one that was used last comes first. */
const known: KnownTools[] = [];

/** The value of a body's text, and its tools where they are known. */
export interface ParsedBody {
  /** With a text in the place of known tools. */
  readonly value: unknown;
  /** The very array of the earlier request, which nobody may change. */
  readonly tools: readonly ToolParam[] | undefined;
}

/**
 * Parses a request's body, but for tools that came before in exactly the same words. They are most
 * of an agent's request, and their small strings take most of the time to parse.
 *
 * @throws {SyntaxError} As `JSON.parse` does.
 */
export function parseBody(text: string): ParsedBody {
  const cut = cutKnownTools(text);
  const value = cut && parsedRest(cut.rest);
  if (!cut || value === undefined) return { value: JSON.parse(text), tools: undefined };
  return { value, tools: cut.tools };
}

/** Keeps the tools of a sound request for those that follow it. */
export function rememberTools(text: string, tools: readonly ToolParam[]): void {
  if (tools.length < MIN_TOOLS || text.length > MAX_LENGTH) return;
  const span = lastMember(objectMembers(text), "tools");
  if (!span) return;
  // A slice would keep all of the text alive. This copy is as wide as the text is, because to
  // compare strings of two widths takes 15 times as long.
  const [member = ""] = structuredClone([text.slice(span.start, span.end)]);
  known.unshift({ member, tools });
  known.splice(MAX_KNOWN);
}

/** True if the same array is likely to come again, so that it pays to keep what is made of it. */
export function isKnown(tools: readonly ToolParam[] | null | undefined): boolean {
  return known.some((one) => one.tools === tools);
}

interface Cut {
  readonly rest: string;
  readonly tools: readonly ToolParam[];
}

/**
 * Inside a string the name's second quote has a backslash before it, so that what is found is a
 * whole string of the text; that it is the member meant, {@link parsedRest} makes sure of.
 */
function cutKnownTools(text: string): Cut | undefined {
  if (known.length === 0 || text.length > MAX_LENGTH) return undefined;
  let at = text.indexOf(NAME);
  for (let places = 0; at >= 0 && places < MAX_PLACES; places++) {
    for (const [index, one] of known.entries()) {
      const end = at + one.member.length;
      if (text.slice(at, end) !== one.member) continue;
      if (index > 0) known.unshift(...known.splice(index, 1));
      const rest = `${text.slice(0, at)}${NAME}:"${PLACEHOLDER}"${text.slice(end)}`;
      return { rest, tools: one.tools };
    }
    at = text.indexOf(NAME, at + NAME.length);
  }
  return undefined;
}

/** Undefined if it is no JSON, or the tools that were cut out are not those of the request. */
function parsedRest(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && value.tools === PLACEHOLDER ? value : undefined;
  } catch {
    return undefined;
  }
}
