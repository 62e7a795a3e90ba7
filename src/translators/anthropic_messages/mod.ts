import type { RelayTranslator } from "../translator.ts";
import { forwardHeaders } from "./headers.ts";
import { readModels } from "./models.ts";
import { translateBody } from "./request.ts";
import { StreamRepair } from "./stream_repair.ts";

/** Anthropic's own API and its compatibles: requests are edited as little as can be, and relayed. */
export const anthropicMessages: RelayTranslator = {
  kind: "relay",
  mode: "anthropic_messages",
  targetOptions: {},
  models: readModels,
  modelsPath: ({ profile }) => profile.models_path === null ? null : "/v1/models",
  url: seedUrl,
  translateBody,
  forwardHeaders,
  createRepair: (turn) => new StreamRepair(turn),
};

/** People write `base_url` with and without `/v1`, and paste the whole endpoint too. */
function seedUrl(baseUrl: string, path: string): string {
  return baseUrl.replace(/\/+$/, "").replace(/\/v1(\/messages)?$/, "") + path;
}
