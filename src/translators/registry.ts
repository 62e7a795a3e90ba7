import { anthropicMessages } from "./anthropic_messages/mod.ts";
import { bedrockConverse } from "./bedrock_converse/mod.ts";
import { chatCompletions } from "./chat_completions/mod.ts";
import { codexResponses } from "./codex_responses/mod.ts";
import type { Translator } from "./translator.ts";

/** Every API mode, one line each. */
const TRANSLATORS: readonly Translator[] = [
  chatCompletions,
  codexResponses,
  anthropicMessages,
  bedrockConverse,
];

const BY_NAME: ReadonlyMap<string, Translator> = new Map(
  TRANSLATORS.flatMap((translator) =>
    [translator.mode, ...(translator.aliases ?? [])].map((name) => [name, translator] as const)
  ),
);

/** Names of all modes, in the order they are documented. */
export const MODES: readonly string[] = TRANSLATORS.map(({ mode }) => mode);

/** All values that `api_mode` may have, aliases included. */
export const MODE_NAMES: readonly string[] = [...BY_NAME.keys()];

/** The translator of a mode or of its alias; undefined if there is none. */
export function findTranslator(name: string): Translator | undefined {
  return BY_NAME.get(name);
}
