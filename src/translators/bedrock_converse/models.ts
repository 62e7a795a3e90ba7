import { isObject, type JsonObject, nonEmptyString } from "../../json.ts";
import type { UpstreamModel } from "../translator.ts";

/**
 * Reads what Bedrock's control plane lists: foundation models that answer in text and can be called
 * by their own id, and inference profiles.
 *
 * @see {@link https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html}
 * @see {@link https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListInferenceProfiles.html}
 */
export function readModels(body: unknown): readonly UpstreamModel[] {
  if (!isObject(body)) return [];
  return [
    ...objects(body.modelSummaries).flatMap(foundationModel),
    ...objects(body.inferenceProfileSummaries).flatMap(inferenceProfile),
  ];
}

function foundationModel(model: JsonObject): readonly UpstreamModel[] {
  const id = nonEmptyString(model.modelId);
  const isCallable = includes(model.outputModalities, "TEXT") &&
    includes(model.inferenceTypesSupported, "ON_DEMAND");
  if (id === undefined || !isCallable) return [];
  const names = [model.providerName, model.modelName].filter((name) => nonEmptyString(name));
  return [{ id, displayName: nonEmptyString(names.join(" ")) }];
}

function inferenceProfile(profile: JsonObject): readonly UpstreamModel[] {
  const id = nonEmptyString(profile.inferenceProfileId);
  if (id === undefined || (profile.status !== undefined && profile.status !== "ACTIVE")) return [];
  return [{
    id,
    displayName: nonEmptyString(profile.inferenceProfileName),
    createdAt: timeOf(profile.createdAt),
  }];
}

/** True unless the list says otherwise. */
function includes(list: unknown, item: string): boolean {
  return !Array.isArray(list) || list.includes(item);
}

function timeOf(time: unknown): string | undefined {
  const date = typeof time === "string" ? Date.parse(time) : Number.NaN;
  return Number.isNaN(date) ? undefined : new Date(date).toISOString();
}

function objects(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}
