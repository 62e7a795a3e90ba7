import * as z from "zod";

const WEB_URL = /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/i;

/** The YAML keys that only this mode knows. */
export const TARGET_OPTIONS = {
  region: z.string().regex(/^[a-z]{2,}(?:-[a-z0-9]+)+$/, {
    error: "must be an AWS region such as 'us-east-1'",
  }).optional().describe("AWS region (AWS_REGION, or that of the profile)"),
  profile: z.string().min(1, { error: "must not be empty" }).optional()
    .describe("Profile of AWS's config files whose credentials sign (AWS_PROFILE)"),
  endpoint_url: z.string().regex(WEB_URL, {
    error: "must be an absolute URL such as 'https://bedrock-runtime.eu-west-1.amazonaws.com'",
  }).optional().describe("URL instead of the region's own, such as that of a VPC endpoint"),
  list_models: z.boolean().optional()
    .describe("Asks AWS which models there are, where no model is set (false)"),
} as const satisfies z.ZodRawShape;
