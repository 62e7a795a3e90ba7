import * as z from "zod/mini";
import { described } from "../../profiles/schema.ts";

const WEB_URL = /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/i;

/** The YAML keys that only this mode knows. */
export const TARGET_OPTIONS = {
  region: described(
    z.optional(
      z.string().check(z.regex(/^[a-z]{2,}(?:-[a-z0-9]+)+$/, {
        error: "must be an AWS region such as 'us-east-1'",
      })),
    ),
    "AWS region (AWS_REGION, or that of the profile)",
  ),
  profile: described(
    z.optional(z.string().check(z.minLength(1, { error: "must not be empty" }))),
    "Profile of AWS's config files whose credentials sign (AWS_PROFILE)",
  ),
  endpoint_url: described(
    z.optional(
      z.string().check(z.regex(WEB_URL, {
        error: "must be an absolute URL such as 'https://bedrock-runtime.eu-west-1.amazonaws.com'",
      })),
    ),
    "URL instead of the region's own, such as that of a VPC endpoint",
  ),
  list_models: described(
    z.optional(z.boolean()),
    "Asks AWS which models there are, where no model is set (false)",
  ),
};
