import { isObject, type JsonObject, stringifyWellFormed } from "../../json.ts";
import { isObjectAt, lastMember, type Member, objectMembers, type Span } from "../../json_text.ts";

/** Puts `text` in the place of a span. */
export interface Edit extends Span {
  readonly text: string;
}

/** The text with all edits applied; they may come in any order, but must not overlap. */
export function splice(text: string, edits: readonly Edit[]): string {
  let out = "";
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + text.slice(at);
}

/**
 * The edits that take items out of the array or object that they are all items of, each with one
 * of the commas beside it and the white space between.
 */
export function removalEdits(items: readonly Span[], goes: (index: number) => boolean): Edit[] {
  const edits: Edit[] = [];
  for (let first = 0; first < items.length; first++) {
    if (!goes(first)) continue;
    let last = first;
    while (last + 1 < items.length && goes(last + 1)) last++;
    edits.push({ ...removalSpan(items, first, last), text: "" });
    first = last;
  }
  return edits;
}

function removalSpan(items: readonly Span[], first: number, last: number): Span {
  const [start, end] = [items[first], items[last]] as [Span, Span];
  const after = items[last + 1];
  if (after) return { start: start.start, end: after.start };
  return { start: items[first - 1]?.end ?? start.start, end: end.end };
}

/**
 * The edits that merge fields into the object at `at`: a value replaces the one of its name, an
 * object is merged into an object, undefined removes, and what is new goes to the end.
 */
export function mergeEdits(
  text: string,
  fields: JsonObject,
  { at = 0, members = objectMembers(text, at) }: {
    readonly at?: number;
    readonly members?: readonly Member[];
  } = {},
): Edit[] {
  const gone = (name: string): boolean => Object.hasOwn(fields, name) && fields[name] === undefined;
  const edits = removalEdits(members, (index) => gone(members[index]?.name ?? ""));
  let added = "";
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const place = lastMember(members, name)?.value;
    if (!place) added += `,${JSON.stringify(name)}:${stringifyWellFormed(value)}`;
    else if (isObject(value) && isObjectAt(text, place.start)) {
      edits.push(...mergeEdits(text, value, { at: place.start }));
    } else edits.push({ ...place, text: stringifyWellFormed(value) });
  }
  if (added !== "") {
    const isFirst = members.every(({ name }) => gone(name));
    const end = members.at(-1)?.end ?? text.indexOf("{", at) + 1;
    edits.push({ start: end, end, text: isFirst ? added.slice(1) : added });
  }
  return edits;
}
