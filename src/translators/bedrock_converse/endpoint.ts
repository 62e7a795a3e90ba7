import type { ProcessRight, Target } from "../../target.ts";
import type { Endpoint, EndpointSettings, KeyProblem, Surroundings } from "../translator.ts";

/** Domains of AWS's partitions by how their regions begin; all others have the first. */
const DOMAINS: readonly (readonly [prefix: string, domain: string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["eusc-", "amazonaws.eu"],
  ["us-iso-", "c2s.ic.gov"],
  ["us-isob-", "sc2s.sgov.gov"],
  ["us-isof-", "csp.hci.ic.gov"],
  ["eu-isoe-", "cloud.adc-e.uk"],
  ["", "amazonaws.com"],
];

/** What AWS's config files say that takes a right of the process. */
const RIGHTS: readonly (readonly [setting: RegExp, right: ProcessRight])[] = [
  [/^\s*credential_process\s*=/m, "run"],
  // A session that was refreshed is written back, since its refresh token is good for once only.
  [/^\s*(?:sso_session|login_session)\s*=/m, "write"],
];

/**
 * The endpoint of a Bedrock target: `endpoint_url` or `base_url`, else that of its region.
 *
 * The region is the target's own, else that of the environment, else that of the profile. A target
 * without a key takes the Bedrock API key of the environment, unless it names a profile.
 */
export function resolveEndpoint(
  { options, baseUrl, hasKey }: EndpointSettings,
  outside: Surroundings,
): Endpoint | KeyProblem {
  const own = String(options.profile ?? "");
  const envKey = hasKey || own !== "" ? "" : outside.env("AWS_BEARER_TOKEN_BEDROCK") ?? "";
  const signs = !hasKey && envKey === "";
  const profile = own || outside.env("AWS_PROFILE") || "default";
  const told = String(options.region ?? "") || outside.env("AWS_REGION") ||
    outside.env("AWS_DEFAULT_REGION");
  const texts = signs || !told ? configTexts(outside) : [];
  const region = told || regionOf(texts, profile);
  const url = String(options.endpoint_url ?? baseUrl ?? "");
  if (!region && (signs || url === "")) return noRegion(profile);
  return {
    baseUrl: url || `https://bedrock-runtime.${hostOf(region)}`,
    apiKey: envKey || undefined,
    options: { ...options, region },
    rights: signs
      ? RIGHTS.filter(([setting]) => texts.some((text) => setting.test(text)))
        .map(([, right]) => right)
      : [],
  };
}

/**
 * Where AWS lists its models and its inference profiles, on another host and under other IAM
 * actions than the models themselves; none unless the target asks for them.
 */
export function modelsUrls({ options }: Target): readonly string[] {
  if (options.list_models !== true || !options.region) return [];
  const base = `https://bedrock.${hostOf(String(options.region))}`;
  return [`${base}/foundation-models`, `${base}/inference-profiles?type=SYSTEM_DEFINED`];
}

function hostOf(region: string): string {
  const [, domain] = DOMAINS.find(([prefix]) => region.startsWith(prefix)) ?? [];
  return `${region}.${domain}`;
}

function noRegion(profile: string): KeyProblem {
  return {
    key: "region",
    problem:
      "is missing: set it to an AWS region such as 'us-east-1', or set AWS_REGION, or give " +
      `the profile '${profile}' of ~/.aws/config a region`,
  };
}

/** AWS's shared files, as far as they exist. */
function configTexts({ env, file }: Surroundings): readonly string[] {
  const home = env("HOME") ?? env("USERPROFILE");
  const inHome = (name: string) => home === undefined ? undefined : `${home}/.aws/${name}`;
  return [
    env("AWS_CONFIG_FILE") || inHome("config"),
    env("AWS_SHARED_CREDENTIALS_FILE") || inHome("credentials"),
  ].flatMap((path) => {
    try {
      return path === undefined ? [] : [file(path)];
    } catch {
      // It need not be there: the environment or a role may do.
      return [];
    }
  });
}

/** The region that a profile names; empty if it names none. */
function regionOf(texts: readonly string[], profile: string): string {
  for (const text of texts) {
    let isProfile = false;
    for (const line of text.split(/\r?\n/)) {
      const section = /^\[\s*(?:profile\s+)?(["']?)(.+?)\1\s*\]/.exec(line)?.[2];
      if (section !== undefined) isProfile = section === profile;
      // An indented line belongs to the setting above it.
      const region = /^region\s*=\s*(\S+)/.exec(line)?.[1];
      if (isProfile && region !== undefined) return region;
    }
  }
  return "";
}
