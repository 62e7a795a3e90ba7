import { assertEquals, assertMatch } from "@std/assert";
import { stub } from "@std/testing/mock";
import { ModelLists } from "../../src/server/model_lists.ts";
import { findTranslator } from "../../src/translators/registry.ts";
import { configOf } from "../support/config.ts";
import { targets } from "../support/server_gateway.ts";

const BODIES: Readonly<Record<string, unknown>> = {
  "/foundation-models": {
    modelSummaries: [{
      modelId: "amazon.nova-pro-v1:0",
      providerName: "Amazon",
      modelName: "Nova Pro",
      outputModalities: ["TEXT"],
      inferenceTypesSupported: ["ON_DEMAND"],
    }],
  },
  "/inference-profiles?type=SYSTEM_DEFINED": {
    inferenceProfileSummaries: [{ inferenceProfileId: "us.anthropic.claude-x", status: "ACTIVE" }],
  },
};

Deno.test("ModelLists asks a host of its own for all its lists, where the mode has one", async () => {
  const keys = [
    "api_mode: bedrock_converse",
    "region: eu-west-1",
    "api_key: k",
    "list_models: true",
  ];
  const target = (await configOf(targets({ aws: keys }))).targets.get("aws");
  const translator = findTranslator("bedrock_converse");
  if (!target || !translator) throw new Error("the config has no target");
  const asked: Request[] = [];
  using _fetch = stub(globalThis, "fetch", (input, init) => {
    const request = new Request(input, init);
    asked.push(request);
    const { host, pathname, search } = new URL(request.url);
    assertEquals(host, "bedrock.eu-west-1.amazonaws.com");
    return Promise.resolve(Response.json(BODIES[pathname + search]));
  });
  const models = await new ModelLists().get(target, translator);
  assertEquals(models.map(({ id }) => id), ["amazon.nova-pro-v1:0", "us.anthropic.claude-x"]);
  assertEquals(asked.map(({ method }) => method), ["GET", "GET"]);
  for (const { headers } of asked) assertMatch(headers.get("authorization") ?? "", /^Bearer k$/);
});

Deno.test("ModelLists asks nobody unless the target wants it", async () => {
  const keys = ["api_mode: bedrock_converse", "region: eu-west-1", "api_key: k"];
  const target = (await configOf(targets({ aws: keys }))).targets.get("aws");
  const translator = findTranslator("bedrock_converse");
  if (!target || !translator) throw new Error("the config has no target");
  using fetched = stub(globalThis, "fetch", () => Promise.reject(new Error("not to be asked")));
  assertEquals(await new ModelLists().get(target, translator), []);
  assertEquals(fetched.calls.length, 0);
});
