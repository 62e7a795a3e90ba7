import { sampleArguments, sampleValue } from "./sample.ts";

/** A tool that the model may call. */
export interface DemoTool {
  readonly name: string;
  readonly schema: unknown;
}

/** What any API's request comes down to. */
export interface DemoPrompt {
  /** What the user said last, without reminders that the client put in. */
  readonly question: string;
  /** What tools answered since the model spoke last. */
  readonly toolResults: readonly string[];
  /** Images and files of the last turn. */
  readonly attachments: number;
  /** What can be seen in them, one phrase each. */
  readonly seen?: readonly string[];
  /** What the system said in the midst of the conversation. */
  readonly orders?: readonly string[];
  readonly tools: readonly DemoTool[];
  readonly toolChoice: "auto" | "none" | "any" | { readonly name: string };
  /** Whether several tools may be called at once. */
  readonly parallel: boolean;
  readonly maxTokens: number | undefined;
  readonly stops: readonly string[];
  readonly reasons: boolean;
  /** Set where the answer has to be JSON of this schema. */
  readonly outputSchema: unknown;
}

/** One piece of an answer, in the order it was made. */
export type DemoPart =
  | { readonly type: "thinking"; readonly text: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "call"; readonly name: string; readonly input: object };

/** What the model says, and why it stopped. */
export interface DemoAnswer {
  readonly parts: readonly DemoPart[];
  readonly stop: "end" | "length" | "stop_sequence" | "calls";
  readonly stopSequence: string | null;
  readonly outputTokens: number;
  /** Part of `outputTokens`. */
  readonly thinkingTokens: number;
}

/** Longest quote, in UTF-16 units: an answer should not take a minute to stream. */
const MAX_QUOTE = 2000;

/** Longest order of the system that is quoted; Claude Code's own fill pages. */
const MAX_ORDER = 200;

const CHARS_PER_TOKEN = 4;

const ABOUT =
  "I am the demo model inside Switchyard: I quote what I get, and I call a tool when a " +
  "prompt names it.";

/**
 * What the demo model answers: a function of the prompt and nothing else.
 *
 * It quotes the prompt, calls the tools whose names the prompt contains, and after their results
 * quotes those. It stops where the request says, as a real model would.
 */
export function answerPrompt(prompt: DemoPrompt): DemoAnswer {
  const calls = callsOf(prompt);
  const parts: DemoPart[] = [];
  if (prompt.reasons) parts.push({ type: "thinking", text: thoughts(prompt, calls.length) });
  if (calls.length > 0) parts.push(...calls);
  else parts.push({ type: "text", text: words(prompt) });
  return limited(stopped(parts, prompt.stops), prompt.maxTokens);
}

/** About how many tokens a text is. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** How much of a prompt a provider's cache would have held: only long prompts are cached. */
export function cachedTokens(inputTokens: number): number {
  return inputTokens < 1024 ? 0 : Math.floor(inputTokens / 256) * 128;
}

/** A text in the pieces it is streamed in: about a word each, white space in front. */
export function textPieces(text: string): readonly string[] {
  return text.match(/\s*\S{1,24}|\s+$/gu) ?? [];
}

/** What the user said, without `<system-reminder>` parts, in which clients name their tools. */
export function spokenText(text: string): string {
  return text.replace(/<system-reminder>[^]*?<\/system-reminder>/g, "").trim();
}

function callsOf(prompt: DemoPrompt): DemoPart[] {
  const { question } = prompt;
  const calls = chosenTools(prompt).map(({ name, schema }) => ({
    type: "call" as const,
    name,
    input: sampleArguments(schema, quotedIn(question) ?? question.slice(0, MAX_QUOTE)),
  }));
  return prompt.parallel ? calls : calls.slice(0, 1);
}

function chosenTools(
  { tools, toolChoice, toolResults, question }: DemoPrompt,
): readonly DemoTool[] {
  if (toolChoice === "none") return [];
  if (typeof toolChoice === "object") return tools.filter(({ name }) => name === toolChoice.name);
  if (toolChoice === "auto" && toolResults.length > 0) return [];
  const named = tools.map((tool) => ({ tool, at: placeOf(tool.name, question) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)
    .map(({ tool }) => tool);
  return named.length === 0 && toolChoice === "any" ? tools.slice(0, 1) : named;
}

/** Where the name stands as a word of its own; -1 if it does not. */
function placeOf(name: string, text: string): number {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!isNameCharacter(text[at - 1]) && !isNameCharacter(text[at + name.length])) return at;
  }
  return -1;
}

function isNameCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\w-]/.test(character);
}

/** What the prompt puts in backticks is meant as an argument: "use Bash to run `ls`". */
function quotedIn(question: string): string | undefined {
  return /`([^`]+)`/.exec(question)?.[1];
}

function thoughts({ question, tools }: DemoPrompt, calls: number): string {
  return `The prompt has ${question.length} characters and offers ${tools.length} tools. ` +
    (calls > 0 ? `It names ${calls} of them, so I call what it names.` : "I quote it.");
}

function words(prompt: DemoPrompt): string {
  const { question, toolResults, attachments, outputSchema, seen = [], orders = [] } = prompt;
  if (outputSchema !== undefined) return JSON.stringify(sampleValue(outputSchema, question));
  const came = attachments > 0 ? ` It came with ${attachments} attachments.` : "";
  const shown = seen.length > 0 ? ` I see ${seen.join(", and ")}.` : "";
  const ordered = orders.filter(({ length }) => length <= MAX_ORDER)
    .map((order) => ` The system said: "${order}"`);
  const heard = toolResults.length > 0
    ? toolResults.map((result) => `The tool answered: "${result.slice(0, MAX_QUOTE)}"`).join("\n")
    : `You said: "${question.slice(0, MAX_QUOTE)}"`;
  return `${heard}${came}${shown}${ordered.join("")}\n\n${ABOUT}`;
}

type Draft = Pick<DemoAnswer, "parts" | "stop" | "stopSequence">;

/** Ends the text where the first stop sequence begins. */
function stopped(parts: readonly DemoPart[], stops: readonly string[]): Draft {
  const last = parts.at(-1);
  if (last?.type !== "text") return { parts, stop: "calls", stopSequence: null };
  const hits = stops.map((stop) => ({ stop, at: last.text.indexOf(stop) }))
    .filter(({ stop, at }) => stop !== "" && at >= 0)
    .sort((a, b) => a.at - b.at);
  const [hit] = hits;
  if (!hit) return { parts, stop: "end", stopSequence: null };
  const text = { type: "text" as const, text: last.text.slice(0, hit.at) };
  return { parts: [...parts.slice(0, -1), text], stop: "stop_sequence", stopSequence: hit.stop };
}

/** Ends the answer where its tokens are used up; a call is made whole or not at all. */
function limited(draft: Draft, maxTokens = Infinity): DemoAnswer {
  const parts: DemoPart[] = [];
  let left = maxTokens;
  let thinkingTokens = 0;
  for (const part of draft.parts) {
    const tokens = countTokens(part.type === "call" ? callText(part) : part.text);
    const fits = tokens <= left;
    if (fits) parts.push(part);
    else if (part.type !== "call" && left > 0) {
      parts.push({ ...part, text: cut(part.text, left * CHARS_PER_TOKEN) });
    }
    const used = Math.min(tokens, left);
    if (part.type === "thinking") thinkingTokens = used;
    left -= used;
    if (fits) continue;
    return { parts, stop: "length", stopSequence: null, outputTokens: maxTokens, thinkingTokens };
  }
  return { ...draft, parts, outputTokens: spent(parts), thinkingTokens };
}

function spent(parts: readonly DemoPart[]): number {
  return parts.reduce(
    (sum, part) => sum + countTokens(part.type === "call" ? callText(part) : part.text),
    0,
  );
}

function callText({ name, input }: { readonly name: string; readonly input: object }): string {
  return name + JSON.stringify(input);
}

/** The text's beginning, without half a surrogate pair at its end. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}
