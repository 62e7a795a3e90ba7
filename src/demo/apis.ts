import { anthropicMessagesDemo } from "./anthropic_messages.ts";
import type { DemoApi } from "./api.ts";
import { bedrockConverseDemo } from "./bedrock_converse.ts";
import { chatCompletionsDemo } from "./chat_completions.ts";
import { codexResponsesDemo } from "./codex_responses.ts";

/** Every API that the demo server speaks, one line each. */
export const DEMO_APIS: readonly DemoApi[] = [
  chatCompletionsDemo,
  codexResponsesDemo,
  anthropicMessagesDemo,
  bedrockConverseDemo,
];
