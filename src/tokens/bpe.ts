/** Longest piece that is encoded at once: the encoder is quadratic in text without word breaks. */
const MAX_PIECE = 512;

/** Longest piece of a text that shows no white space: CJK script, base64. */
const MAX_UNBROKEN = 64;

/** Tokens counted in one go, some 10 ms; then other requests get their turn. */
const BATCH = 16 * 1024;

/** Above this much text an estimate by size is close enough, and far cheaper. */
const MAX_ENCODED_BYTES = 4 * 1024 * 1024;
const BYTES_PER_TOKEN = 3.6;

/**
 * Pieces of nothing but CJK script and the like that are all counted; after them, one in every
 * {@link SAMPLE_EVERY}. Rare ideographs cost the encoder 3 µs each (Deno 2.9.6).
 */
const SAMPLE_AFTER = 64;
const SAMPLE_EVERY = 8;

/** The encoder's options; without them text such as `<|endoftext|>` makes it throw. */
const PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

type Encoding = typeof import("gpt-tokenizer/o200k_base");

/** The 2 MB vocabulary, loaded by the first request that needs it. */
let encoding: Promise<Encoding> | undefined;

/** How many tokens of OpenAI's o200k vocabulary the texts have; other vocabularies are close. */
export async function countTokens(texts: readonly string[]): Promise<number> {
  const bytes = countBytes(texts);
  if (bytes === 0) return 0;
  if (bytes > MAX_ENCODED_BYTES) return Math.ceil(bytes / BYTES_PER_TOKEN);
  encoding ??= import("gpt-tokenizer/o200k_base");
  const { countTokens, clearMergeCache } = await encoding;
  const dense = new DenseSample();
  let tokens = 0;
  let batchEnd = BATCH;
  for (const text of texts) {
    for (let start = 0; start < text.length;) {
      const end = pieceEnd(text, start);
      const piece = text.slice(start, end);
      tokens += dense.estimate(piece) ?? dense.note(piece, countTokens(piece, PLAIN_TEXT));
      start = end;
      if (tokens < batchEnd) continue;
      await nextTask();
      batchEnd = tokens + BATCH;
    }
  }
  // The cache holds slices of the texts, and each slice keeps the whole request in memory.
  clearMergeCache();
  return Math.ceil(tokens);
}

/** Tokens of pieces without a single ASCII character, told from those that were counted. */
class DenseSample {
  #pieces = 0;
  #units = 0;
  #tokens = 0;

  /** The likely tokens of a piece; undefined if it is to be counted. */
  estimate(piece: string): number | undefined {
    if (!isDense(piece) || ++this.#pieces <= SAMPLE_AFTER) return undefined;
    if (this.#pieces % SAMPLE_EVERY === 0) return undefined;
    return piece.length * this.#tokens / this.#units;
  }

  /** Takes the tokens of a piece that was counted, and returns them. */
  note(piece: string, tokens: number): number {
    if (isDense(piece)) {
      this.#units += piece.length;
      this.#tokens += tokens;
    }
    return tokens;
  }
}

function isDense(piece: string): boolean {
  // deno-lint-ignore no-control-regex -- all of ASCII is meant
  return /^[^\x00-\x7f]+$/.test(piece);
}

/**
 * End of the piece that begins at `start`: before white space where there is some, which costs no
 * accuracy, and never inside a surrogate pair.
 */
function pieceEnd(text: string, start: number): number {
  const limit = start + MAX_PIECE;
  if (limit >= text.length && text.length - start <= MAX_UNBROKEN) return text.length;
  for (let end = Math.min(limit, text.length - 1); end > start + MAX_UNBROKEN; end--) {
    if (text.charCodeAt(end) <= 0x20) return end;
  }
  const end = start + MAX_UNBROKEN;
  const next = text.charCodeAt(end);
  return next >= 0xdc00 && next <= 0xdfff ? end - 1 : end;
}

function countBytes(texts: readonly string[]): number {
  const encoder = new TextEncoder();
  return texts.reduce((sum, text) => sum + encoder.encode(text).length, 0);
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
