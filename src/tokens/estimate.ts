import { LONG_TEXTS, type LongTexts } from "../anthropic/long_texts.ts";
import type { MessagesRequest } from "../anthropic/request.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { Profile } from "../profiles/schema.ts";
import { countTokens } from "./bpe.ts";
import { imageTokens, pdfTokens } from "./media.ts";

const PER_REQUEST = 3;
const PER_MESSAGE = 4;
const PER_TOOL = 8;

/** The hidden prompt that tells a model how tools are called. */
const FOR_TOOLS = 340;

/** A document that is elsewhere: one page. */
const UNSEEN_DOCUMENT = 1800;

/** Text of a block that the translation shortens to about this much. */
const MAX_OTHER_CHARS = 4096;

/** Blocks nest three levels at most; a client's own nonsense may nest deeper. */
const MAX_DEPTH = 8;

/** The parts of a profile that the estimate depends on. */
type CountingProfile = Pick<Profile, "token_factor" | "reasoning_in">;

/** Ways of sending reasoning back that do not send its text. */
const WITHOUT_TEXT: ReadonlySet<string> = new Set(["none", "gemini_sig", "items"]);

/**
 * Estimates the input tokens of a request where no upstream counts them. Rounds up, because an
 * estimate that is too low delays the client's compaction until the upstream refuses.
 *
 * Takes requests that were not validated: what is not understood counts nothing.
 */
export async function estimateTokens(
  request: Partial<MessagesRequest>,
  profile: CountingProfile,
): Promise<number> {
  const tally = new Tally({
    withThinking: !WITHOUT_TEXT.has(profile.reasoning_in),
    longTexts: request[LONG_TEXTS],
  });
  tally.addRequest(request);
  const tokens = tally.fixed + await countTokens(tally.texts);
  return Math.ceil(tokens * profile.token_factor);
}

/** Estimates the tokens of texts, such as those of an answer that was cut off. */
export async function estimateTexts(
  texts: readonly string[],
  profile: Pick<Profile, "token_factor">,
): Promise<number> {
  return Math.ceil(await countTokens(texts) * profile.token_factor);
}

/** What of a request counts, and how it reads. */
interface Counting {
  readonly withThinking: boolean;
  readonly longTexts: LongTexts | undefined;
}

/** Collects what is to be counted. */
class Tally {
  readonly texts: string[] = [];
  fixed = PER_REQUEST;
  readonly #withThinking: boolean;
  readonly #longTexts: LongTexts | undefined;

  constructor({ withThinking, longTexts }: Counting) {
    this.#withThinking = withThinking;
    this.#longTexts = longTexts;
  }

  addRequest({ system, messages, tools }: Partial<MessagesRequest>): void {
    this.#addContent(system, 0);
    for (const message of listOf(messages)) {
      this.fixed += PER_MESSAGE;
      if (isObject(message)) this.#addContent(message.content, 0);
    }
    const declared = listOf(tools).filter(isObject);
    if (declared.length > 0) this.fixed += FOR_TOOLS;
    for (const { name, description, input_schema } of declared) {
      this.fixed += PER_TOOL;
      this.#addText(name);
      this.#addText(description);
      if (isObject(input_schema)) this.#addJson(input_schema);
    }
  }

  #addContent(content: unknown, depth: number): void {
    if (depth > MAX_DEPTH) return;
    this.#addText(content);
    for (const block of listOf(content)) if (isObject(block)) this.#addBlock(block, depth);
  }

  #addBlock(block: JsonObject, depth: number): void {
    switch (block.type) {
      case "text":
        return this.#addText(block.text);
      case "thinking":
        return this.#withThinking ? this.#addText(block.thinking) : undefined;
      case "redacted_thinking":
        return;
      case "image":
        this.fixed += imageTokens(this.#base64Of(block.source));
        return;
      case "document":
        return this.#addDocument(block, depth);
      case "tool_use":
        this.#addText(block.name);
        return this.#addJson(block.input ?? {});
      case "tool_result":
        return this.#addContent(block.content, depth + 1);
      case "search_result":
        this.#addText(block.title);
        this.#addText(block.source);
        return this.#addContent(block.content, depth + 1);
      default:
        this.#addJson(block, MAX_OTHER_CHARS);
    }
  }

  #addDocument({ source, title, context }: JsonObject, depth: number): void {
    this.#addText(title);
    this.#addText(context);
    if (!isObject(source)) return;
    const pdf = this.#base64Of(source);
    if (pdf !== undefined) this.fixed += pdfTokens(pdf);
    else if (source.type === "text") this.#addText(source.data);
    else if (source.type === "content") this.#addContent(source.content, depth + 1);
    else this.fixed += UNSEEN_DOCUMENT;
  }

  #addText(text: unknown): void {
    if (typeof text === "string") this.texts.push(this.#restored(text));
  }

  #base64Of(source: unknown): string | undefined {
    if (!isObject(source) || source.type !== "base64") return undefined;
    return typeof source.data === "string" ? this.#restored(source.data) : undefined;
  }

  #restored(text: string): string {
    return this.#longTexts?.restored(text) ?? text;
  }

  #addJson(value: unknown, maxChars = Number.POSITIVE_INFINITY): void {
    this.#addText(JSON.stringify(value).slice(0, maxChars));
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
