/** Prefixes of inference profiles that span regions, such as `us.` or `us-gov.`. */
const GEOGRAPHY = /^(?:us|us-gov|eu|apac|jp|au|ca|sa|me|af|il|global)\./;

/**
 * The model behind an id: an inference profile's without its geography, an ARN's last part.
 * An ARN of an application's own inference profile names no model; its last part is all there is.
 *
 * @see {@link https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html}
 */
export function baseModelId(modelId: string): string {
  const last = modelId.startsWith("arn:") ? modelId.slice(modelId.lastIndexOf("/") + 1) : modelId;
  return last.replace(GEOGRAPHY, "");
}

/** Whose model it is, such as `anthropic`: reasoning state goes no further. */
export function modelVendor(modelId: string): string {
  const base = baseModelId(modelId);
  const dot = base.indexOf(".");
  return dot < 0 ? base : base.slice(0, dot);
}

/** Path of one of the model's operations; ids hold `:`, and ARNs `/`. */
export function modelPath(modelId: string, operation: string): string {
  return `/model/${encodeURIComponent(modelId)}/${operation}`;
}
