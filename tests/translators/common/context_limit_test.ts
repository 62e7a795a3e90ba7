import { assertEquals } from "@std/assert";
import { contextLimitMessage } from "../../../src/translators/common/context_limit.ts";

const OUTPUT_TOO = (sum: string) =>
  `input length and \`max_tokens\` exceed context limit: ${sum}, ` +
  "decrease input length or `max_tokens` and try again";

const CASES: { name: string; input: string; want: string | undefined }[] = [
  {
    name: "OpenAI with a sum",
    input:
      "This model's maximum context length is 8192 tokens. However, you requested 10000 tokens " +
      "(6000 in the messages, 4000 in the completion). Please reduce the length of the messages.",
    want: OUTPUT_TOO("6000 + 4000 > 8192"),
  },
  {
    name: "OpenAI with functions",
    input:
      "This model's maximum context length is 8192 tokens. However, you requested 10000 tokens " +
      "(5900 in the messages, 100 in the functions, and 4000 in the completion).",
    want: OUTPUT_TOO("6000 + 4000 > 8192"),
  },
  {
    name: "OpenAI without max_tokens",
    input:
      "This model's maximum context length is 128000 tokens. However, your messages resulted in " +
      "130209 tokens. Please reduce the length of the messages.",
    want: "prompt is too long: 130209 tokens > 128000 maximum",
  },
  {
    name: "OpenAI's configured limit",
    input: "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in " +
      "300123 tokens. Please reduce the length of the messages.",
    want: "prompt is too long: 300123 tokens > 272000 maximum",
  },
  {
    name: "Responses",
    input: "Your input exceeds the context window of this model. Please adjust your input.",
    want: "prompt is too long",
  },
  { name: "OpenAI's code", input: "x\ncontext_length_exceeded", want: "prompt is too long" },
  {
    name: "vLLM",
    input:
      "'max_tokens' or 'max_completion_tokens' is too large: 4000. This model's maximum context " +
      "length is 8192 tokens and your request has 6000 input tokens (4000 > 8192 - 6000).",
    want: OUTPUT_TOO("6000 + 4000 > 8192"),
  },
  {
    name: "older vLLM",
    input:
      "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens " +
      "(4500 in the messages, 500 in the completion).",
    want: "prompt is too long: 4500 tokens > 4096 maximum",
  },
  {
    name: "SGLang",
    input:
      "Requested token count exceeds the model's maximum context length of 131072 tokens. You " +
      "requested a total of 135000 tokens: 131000 tokens from the input messages and 4000 tokens " +
      "for the completion.",
    want: OUTPUT_TOO("131000 + 4000 > 131072"),
  },
  {
    name: "OpenRouter",
    input:
      "This endpoint's maximum context length is 128,000 tokens. However, you requested about " +
      "140,000 tokens (120,000 of text input, 10,000 of tool input, 10,000 in the output).",
    want: "prompt is too long: 130000 tokens > 128000 maximum",
  },
  {
    name: "Gemini",
    input:
      "The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).",
    want: "prompt is too long: 1100000 tokens > 1048576 maximum",
  },
  {
    name: "Kimi",
    input: "Invalid request: Your request exceeded model token limit: 131072 (requested: 140000)",
    want: "prompt is too long: 140000 tokens > 131072 maximum",
  },
  {
    name: "xAI",
    input: "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
    want: "prompt is too long: 140000 tokens > 131072 maximum",
  },
  {
    name: "llama.cpp",
    input: '{"type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":4096}',
    want: "prompt is too long: 9000 tokens > 4096 maximum",
  },
  {
    name: "Mistral",
    input:
      "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum " +
      "context length",
    want: "prompt is too long: 40000 tokens > 32768 maximum",
  },
  {
    name: "Cerebras",
    input: "Please reduce the length of the messages or completion. Current length is 9000 while " +
      "limit is 8192",
    want: "prompt is too long: 9000 tokens > 8192 maximum",
  },
  {
    name: "Groq",
    input: "Please reduce the length of the messages or completion.",
    want: "prompt is too long",
  },
  {
    name: "Bedrock",
    input: "Input is too long for requested model.",
    want: "prompt is too long",
  },
  {
    name: "Anthropic's first form",
    input: "prompt is too long: 210000 tokens > 200000 maximum",
    want: "prompt is too long: 210000 tokens > 200000 maximum",
  },
  {
    name: "Anthropic's second form",
    input: OUTPUT_TOO("190000 + 32000 > 200000"),
    want: OUTPUT_TOO("190000 + 32000 > 200000"),
  },
  {
    name: "too much output alone",
    input: "max_tokens is too large: 100000. This model supports at most 16384 completion tokens",
    want: undefined,
  },
  {
    name: "a rate limit",
    input: "Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000.",
    want: undefined,
  },
];

for (const { name, input, want } of CASES) {
  Deno.test(`contextLimitMessage() reads ${name}`, () => {
    assertEquals(contextLimitMessage(input), want);
  });
}
