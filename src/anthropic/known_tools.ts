import type { ToolParam } from "./request.ts";

/** Lists of tools that are kept; one agent sends the same list with each of its requests. */
const MAX_KNOWN = 8;

/** Parsing fewer tools takes less time than to find them. */
const MIN_TOOLS = 4;

/** Most bytes of a list that is kept. */
const MAX_BYTES = 512 * 1024;

/** The tools of an earlier request: `"tools": […]` as it was sent, and what that is. */
export interface KnownTools {
  readonly member: DataView<ArrayBuffer>;
  /** The very array of the earlier request, which nobody may change. */
  readonly tools: readonly ToolParam[];
}

/** The one that was used last comes first. */
const known: KnownTools[] = [];

/** The tools that stand at `at` in exactly the words of an earlier request. */
export function findKnownTools(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
): KnownTools | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  const index = known.findIndex(({ member }) => startsWith(view, member));
  const [found] = index < 0 ? [] : known.splice(index, 1);
  if (found) known.unshift(found);
  return found;
}

/** Keeps the tools of a sound request, with their name in front, for those that follow it. */
export function rememberTools(member: Uint8Array, tools: readonly ToolParam[]): void {
  if (tools.length < MIN_TOOLS || member.length > MAX_BYTES) return;
  known.unshift({ member: new DataView(member.slice().buffer), tools });
  known.splice(MAX_KNOWN);
}

/** True if the same array is likely to come again, so that it pays to keep what is made of it. */
export function isKnown(tools: readonly ToolParam[] | null | undefined): boolean {
  return known.some((one) => one.tools === tools);
}

function startsWith(view: DataView, wanted: DataView): boolean {
  const { byteLength } = wanted;
  if (view.byteLength < byteLength) return false;
  let at = 0;
  for (; at + 4 <= byteLength; at += 4) {
    if (view.getInt32(at) !== wanted.getInt32(at)) return false;
  }
  for (; at < byteLength; at++) if (view.getInt8(at) !== wanted.getInt8(at)) return false;
  return true;
}
