import type { ConvertingTranslator } from "../translator.ts";
import { countTokens } from "./count_tokens.ts";
import { modelsUrls, resolveEndpoint } from "./endpoint.ts";
import { readModels } from "./models.ts";
import { recover } from "./recover.ts";
import { translateRequest } from "./request.ts";
import { ConverseStream } from "./stream.ts";
import { TARGET_OPTIONS } from "./target_options.ts";

/** Amazon Bedrock's Converse API, for the models of all vendors that it has. */
export const bedrockConverse: ConvertingTranslator = {
  kind: "convert",
  mode: "bedrock_converse",
  framing: "aws_event_stream",
  targetOptions: TARGET_OPTIONS,
  endpoint: resolveEndpoint,
  models: readModels,
  modelsPath: () => null,
  modelsUrls,
  translateRequest,
  createStream: (turn, writer) => new ConverseStream(turn, writer),
  recover,
  countTokens,
};
