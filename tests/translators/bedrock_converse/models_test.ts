import { assertEquals } from "@std/assert";
import { readModels } from "../../../src/translators/bedrock_converse/models.ts";
import {
  baseModelId,
  modelPath,
  modelVendor,
} from "../../../src/translators/bedrock_converse/model_id.ts";

const PROFILE_ARN =
  "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-5";

for (
  const { id, base, vendor } of [
    { id: "anthropic.claude-opus-5", base: "anthropic.claude-opus-5", vendor: "anthropic" },
    { id: "us.anthropic.claude-opus-5", base: "anthropic.claude-opus-5", vendor: "anthropic" },
    { id: "global.amazon.nova-2-lite-v1:0", base: "amazon.nova-2-lite-v1:0", vendor: "amazon" },
    { id: "us-gov.anthropic.claude-opus-5", base: "anthropic.claude-opus-5", vendor: "anthropic" },
    { id: "openai.gpt-oss-20b-1:0", base: "openai.gpt-oss-20b-1:0", vendor: "openai" },
    { id: PROFILE_ARN, base: "anthropic.claude-opus-5", vendor: "anthropic" },
    {
      id: "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0",
      base: "amazon.nova-pro-v1:0",
      vendor: "amazon",
    },
    {
      id: "arn:aws:bedrock:eu-west-1:1:application-inference-profile/abc1",
      base: "abc1",
      vendor: "abc1",
    },
  ]
) {
  Deno.test(`baseModelId() and modelVendor() read ${id}`, () => {
    assertEquals([baseModelId(id), modelVendor(id)], [base, vendor]);
  });
}

Deno.test("modelPath() encodes all of an id", () => {
  assertEquals(modelPath("a.b:0", "converse"), "/model/a.b%3A0/converse");
  assertEquals(modelPath("arn:x/y z", "converse"), "/model/arn%3Ax%2Fy%20z/converse");
});

Deno.test("readModels() lists foundation models that can be called and answer in text", () => {
  const model = {
    modelId: "amazon.nova-pro-v1:0",
    modelName: "Nova Pro",
    providerName: "Amazon",
    outputModalities: ["TEXT"],
    inferenceTypesSupported: ["ON_DEMAND"],
  };
  const body = {
    modelSummaries: [
      model,
      { ...model, modelId: "a.image", outputModalities: ["IMAGE"] },
      { ...model, modelId: "a.profile-only", inferenceTypesSupported: ["INFERENCE_PROFILE"] },
      { modelId: "a.bare" },
      { modelName: "no id" },
      null,
    ],
  };
  assertEquals(readModels(body), [
    { id: "amazon.nova-pro-v1:0", displayName: "Amazon Nova Pro" },
    { id: "a.bare", displayName: undefined },
  ]);
});

Deno.test("readModels() lists inference profiles that are active", () => {
  const profile = {
    inferenceProfileId: "us.anthropic.claude-opus-5",
    inferenceProfileName: "US Claude Opus 5",
    status: "ACTIVE",
    createdAt: "2026-01-02T03:04:05.000Z",
  };
  const body = {
    inferenceProfileSummaries: [
      profile,
      { ...profile, inferenceProfileId: "x", status: "DELETED" },
      { inferenceProfileId: "us.a", createdAt: "never" },
    ],
  };
  assertEquals(readModels(body), [
    {
      id: "us.anthropic.claude-opus-5",
      displayName: "US Claude Opus 5",
      createdAt: "2026-01-02T03:04:05.000Z",
    },
    { id: "us.a", displayName: undefined, createdAt: undefined },
  ]);
});

for (const body of [undefined, [], "x", {}, { modelSummaries: 1 }]) {
  Deno.test(`readModels() lists nothing for ${JSON.stringify(body)}`, () => {
    assertEquals(readModels(body), []);
  });
}
