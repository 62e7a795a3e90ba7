/** What clients match on when the prompt alone is too long. */
const TOO_LONG = "prompt is too long";

const MAXIMUM = "maximum context length (?:is|of) LIMIT tokens";

/** Wordings of a context overflow, those that tell most first. */
const WORDINGS: readonly RegExp[] = [
  // Anthropic, and relays that repeat it.
  phrase("prompt is too long: PROMPT tokens > LIMIT maximum"),
  phrase("exceed context limit: PROMPT \\+ OUTPUT > LIMIT"),
  // OpenAI, DeepSeek, vLLM: `(500 in the messages, 10 in the functions, 400 in the completion)`.
  phrase(MAXIMUM, "\\(PROMPT in the messages, EXTRA in the functions", "OUTPUT in the completion"),
  phrase(
    MAXIMUM,
    "\\(PROMPT (?:in|from) the (?:messages|input)",
    "OUTPUT (?:in|for) the completion",
  ),
  // OpenRouter: `(500 of text input, 10 of tool input, 400 in the output)`.
  phrase(MAXIMUM, "\\(PROMPT of text input, EXTRA of tool input", "OUTPUT in the output"),
  phrase(MAXIMUM, "\\(PROMPT of text input", "OUTPUT in the output"),
  // SGLang.
  phrase(MAXIMUM, "PROMPT tokens from the input messages and OUTPUT tokens for the completion"),
  phrase("input \\(PROMPT tokens\\) is longer than the model's context length \\(LIMIT"),
  // vLLM since 0.9.
  phrase("max_(?:completion_)?tokens'? is too large: OUTPUT", MAXIMUM, "request has PROMPT input"),
  phrase(MAXIMUM, "contains at least PROMPT input tokens"),
  phrase("\\(length PROMPT\\) is longer than the maximum model length of LIMIT"),
  phrase(MAXIMUM, "(?:resulted in|requested(?: about)?) PROMPT"),
  phrase("configured limit of LIMIT tokens\\. Your messages resulted in PROMPT"),
  // Gemini, Kimi, xAI, Cerebras, Mistral.
  phrase("input token count \\(?PROMPT\\)? exceeds the maximum", "allowed \\(?LIMIT"),
  phrase("exceeded model token limit: LIMIT \\(requested: PROMPT\\)"),
  phrase("maximum prompt length is LIMIT but the request contains PROMPT"),
  phrase("reduce the length", "current length is PROMPT while limit is LIMIT"),
  phrase("prompt contains PROMPT tokens", "too large for model with LIMIT maximum"),
  // llama.cpp: fields of the error object, as their JSON.
  phrase('"n_prompt_tokens":PROMPT', '"n_ctx":LIMIT'),
  phrase('"n_ctx":LIMIT', '"n_prompt_tokens":PROMPT'),
  // Nothing but the fact: OpenAI's code, llama.cpp's, Responses, MiniMax, Bedrock, Groq.
  phrase("prompt is too long"),
  phrase("context_length_exceeded|exceed_context_size"),
  phrase("exceeds? (?:the|this model's) (?:available |maximum )?context (?:window|length|size)"),
  phrase("context window exceeds limit"),
  phrase("maximum context length"),
  phrase("input is too long for requested model|too many input tokens"),
  phrase("exceeded model token limit"),
  phrase("please reduce the length"),
];

/**
 * A wording as a pattern. Between the parts stand at most a few words. The capitals stand for
 * numbers: tokens of the PROMPT without EXTRA ones for tools, of the OUTPUT that was asked for, and
 * the model's LIMIT.
 */
function phrase(...parts: readonly string[]): RegExp {
  const source = parts.join("[^]{0,120}?")
    .replace(/LIMIT|PROMPT|EXTRA|OUTPUT/g, (name) => `(?<${name.toLowerCase()}>\\d+)`);
  return new RegExp(source, "i");
}

/**
 * Anthropic's own wording for an upstream's context overflow, which Claude Code answers by
 * compacting or by asking for less; undefined if the text tells of something else.
 */
export function contextLimitMessage(text: string): string | undefined {
  const plain = text.replace(/(\d),(?=\d{3}\b)/g, "$1");
  for (const wording of WORDINGS) {
    const match = wording.exec(plain);
    if (match) return anthropicWording(match.groups ?? {});
  }
  return undefined;
}

/** The wording where nothing but the fact is known. */
export function unmeasuredContextLimit(): string {
  return TOO_LONG;
}

function anthropicWording({ prompt, extra, output, limit }: Record<string, string>): string {
  const input = Number(prompt ?? 0) + Number(extra ?? 0);
  const maximum = Number(limit ?? 0);
  if (input > maximum && maximum > 0) return `${TOO_LONG}: ${input} tokens > ${maximum} maximum`;
  if (!output || input === 0 || input + Number(output) <= maximum) return TOO_LONG;
  const sum = `${input} + ${output} > ${maximum}`;
  return `input length and \`max_tokens\` exceed context limit: ${sum}, ` +
    "decrease input length or `max_tokens` and try again";
}
