import { readModels } from "../common/models_list.ts";
import type { ConvertingTranslator } from "../translator.ts";
import { recover } from "./recover.ts";
import { translateRequest } from "./request.ts";
import { ChatStream } from "./stream.ts";

/** OpenAI's Chat Completions, and everybody who speaks it. */
export const chatCompletions: ConvertingTranslator = {
  kind: "convert",
  mode: "chat_completions",
  framing: "sse",
  targetOptions: {},
  models: readModels,
  modelsPath: ({ profile }) => profile.models_path,
  translateRequest,
  createStream: (turn, writer) => new ChatStream(turn, writer),
  recover,
};
