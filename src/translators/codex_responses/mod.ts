import { readModels } from "../common/models_list.ts";
import type { ConvertingTranslator } from "../translator.ts";
import { recover } from "./recover.ts";
import { countTokens, translateRequest } from "./request.ts";
import { ResponsesStream } from "./stream.ts";

/** OpenAI's Responses API, and everybody who speaks it. */
export const codexResponses: ConvertingTranslator = {
  kind: "convert",
  mode: "codex_responses",
  aliases: ["responses"],
  framing: "sse",
  targetOptions: {},
  models: readModels,
  modelsPath: ({ profile }) => profile.models_path,
  translateRequest,
  createStream: (turn, writer) => new ResponsesStream(turn, writer),
  recover,
  countTokens,
};
