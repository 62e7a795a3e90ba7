/** A fenced block of a page. */
export interface DocBlock {
  /** Path from the root of the project. */
  readonly file: string;
  /** Of its first fence, 1-based. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** What the comment in the line above says, without its marks. */
  readonly note: string | undefined;
}

/** What the tests do with a block of commands. */
export type Treatment =
  | { readonly kind: "run" }
  /** A server: it runs until the page ends. */
  | { readonly kind: "background" }
  | { readonly kind: "skip"; readonly reason: string };

/** Languages of blocks that are no commands. */
const NO_COMMANDS = ["yaml", "json", "mermaid", "text"];

const SKIP = /^not run by the tests: (.+)$/;

/** All fenced blocks of a page, also indented ones. */
export function readBlocks(file: string, page: string): DocBlock[] {
  const lines = page.split("\n");
  const blocks: DocBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent = "", fence, language = ""] = /^(\s*)(`{3,})(\S*)/.exec(lines[at] ?? "") ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && line.trim() === fence);
    if (end < 0) throw new Error(`${file}:${at + 1} a fence without an end`);
    const above = lines.slice(0, at).findLast((line) => line.trim() !== "") ?? "";
    blocks.push({
      file,
      line: at + 1,
      language,
      text: lines.slice(at + 1, end).map((line) => line.slice(indent.length)).join("\n"),
      note: /^\s*<!-- (.*) -->$/.exec(above)?.[1],
    });
    at = end;
  }
  return blocks;
}

/** What to do with a block; undefined if it holds no commands. */
export function treatmentOf({ file, line, language, note }: DocBlock): Treatment | undefined {
  if (NO_COMMANDS.includes(language)) return undefined;
  const reason = SKIP.exec(note ?? "")?.[1];
  if (reason !== undefined) return { kind: "skip", reason };
  if (language !== "sh") {
    throw new Error(
      `${file}:${line} commands are written as "sh"; "${language}" needs <!-- not run by the tests: … -->`,
    );
  }
  return { kind: note === "runs in the background" ? "background" : "run" };
}
