import { assertEquals } from "@std/assert";
import { modelsUrls } from "../../../src/translators/bedrock_converse/endpoint.ts";
import { configOf, evaluate, problemsOf, type TestSources } from "../../support/config.ts";
import type { Target } from "../../../src/target.ts";

const CONFIG = "/home/ann/.aws/config";
const CREDENTIALS = "/home/ann/.aws/credentials";
const HOME = { HOME: "/home/ann" };

const PROFILES = `
[default]
region = eu-central-1

[ profile work ]
s3 =
  region = nested-1
region=ap-south-1
[sso-session corp]
region = wrong-1
[profile "two words"]
region = us-west-2
[profile bare]
output = json
`;

function yaml(keys: string): string {
  return `targets:\n  b: {api_mode: bedrock_converse${keys === "" ? "" : `, ${keys}`}}\n`;
}

async function targetOf(keys: string, sources: TestSources = {}): Promise<Target> {
  const target = (await configOf(yaml(keys), sources)).targets.get("b");
  if (!target) throw new Error("the config has no target");
  return target;
}

const PLACES: { name: string; keys: string; sources?: TestSources; url: string; region: string }[] =
  [
    {
      name: "its own region, before all others",
      keys: "region: us-east-1",
      sources: { env: { ...HOME, AWS_REGION: "eu-west-1" }, files: { [CONFIG]: PROFILES } },
      url: "https://bedrock-runtime.us-east-1.amazonaws.com",
      region: "us-east-1",
    },
    {
      name: "AWS_REGION",
      keys: "",
      sources: { env: { AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-2" } },
      url: "https://bedrock-runtime.eu-west-1.amazonaws.com",
      region: "eu-west-1",
    },
    {
      name: "AWS_DEFAULT_REGION",
      keys: "",
      sources: { env: { ...HOME, AWS_DEFAULT_REGION: "eu-west-2" }, files: { [CONFIG]: PROFILES } },
      url: "https://bedrock-runtime.eu-west-2.amazonaws.com",
      region: "eu-west-2",
    },
    {
      name: "the default profile's region",
      keys: "",
      sources: { env: HOME, files: { [CONFIG]: PROFILES } },
      url: "https://bedrock-runtime.eu-central-1.amazonaws.com",
      region: "eu-central-1",
    },
    {
      name: "its profile's region, none of what stands indented or in other sections",
      keys: "profile: work",
      sources: { env: { USERPROFILE: "/home/ann" }, files: { [CONFIG]: PROFILES } },
      url: "https://bedrock-runtime.ap-south-1.amazonaws.com",
      region: "ap-south-1",
    },
    {
      name: "the region of AWS_PROFILE in a file of its own",
      keys: "",
      sources: {
        env: { AWS_PROFILE: "two words", AWS_CONFIG_FILE: "/etc/aws" },
        files: { "/etc/aws": PROFILES },
      },
      url: "https://bedrock-runtime.us-west-2.amazonaws.com",
      region: "us-west-2",
    },
    {
      name: "the region in the credentials file",
      keys: "",
      sources: { env: HOME, files: { [CREDENTIALS]: "[default]\nregion = sa-east-1\n" } },
      url: "https://bedrock-runtime.sa-east-1.amazonaws.com",
      region: "sa-east-1",
    },
    {
      name: "a region of China",
      keys: "region: cn-north-1",
      url: "https://bedrock-runtime.cn-north-1.amazonaws.com.cn",
      region: "cn-north-1",
    },
    {
      name: "a region of the government",
      keys: "region: us-gov-west-1",
      url: "https://bedrock-runtime.us-gov-west-1.amazonaws.com",
      region: "us-gov-west-1",
    },
    {
      name: "an isolated region",
      keys: "region: us-isob-east-1",
      url: "https://bedrock-runtime.us-isob-east-1.sc2s.sgov.gov",
      region: "us-isob-east-1",
    },
    {
      name: "endpoint_url, before base_url",
      keys: "region: us-east-1, endpoint_url: 'https://vpce-1.test/x/', base_url: 'https://b.test'",
      url: "https://vpce-1.test/x",
      region: "us-east-1",
    },
    {
      name: "base_url, which takes no region where a key is sent",
      keys: "api_key: k, base_url: 'http://127.0.0.1:9/v1'",
      url: "http://127.0.0.1:9/v1",
      region: "",
    },
  ];

for (const { name, keys, sources, url, region } of PLACES) {
  Deno.test(`a Bedrock target is where it should be by ${name}`, async () => {
    const { baseUrl, options } = await targetOf(keys, sources);
    assertEquals([baseUrl, options.region], [url, region]);
  });
}

const NO_REGION = "f:2:3 targets.b.region: is missing: set it to an AWS region such as " +
  "'us-east-1', or set AWS_REGION, or give the profile";

const PROBLEMS: { name: string; keys: string; sources?: TestSources; want: string }[] = [
  { name: "no region", keys: "", want: `${NO_REGION} 'default' of ~/.aws/config a region` },
  {
    name: "a profile without a region",
    keys: "profile: bare",
    sources: { env: HOME, files: { [CONFIG]: PROFILES } },
    want: `${NO_REGION} 'bare' of ~/.aws/config a region`,
  },
  {
    name: "no region to sign for",
    keys: "endpoint_url: 'https://vpce-1.test'",
    want: `${NO_REGION} 'default' of ~/.aws/config a region`,
  },
  {
    name: "a region that is none",
    keys: "region: 'us east'",
    want: "f:2:43 targets.b.region: must be an AWS region such as 'us-east-1'",
  },
  {
    name: "an endpoint with a secret in it",
    keys: "region: us-east-1, endpoint_url: 'https://ann:hunter2@a.test'",
    want: "f:2:68 targets.b.endpoint_url: must be an absolute URL such as " +
      "'https://bedrock-runtime.eu-west-1.amazonaws.com'",
  },
  { name: "an empty profile", keys: "region: us-east-1, profile: ''", want: "must not be empty" },
];

for (const { name, keys, sources, want } of PROBLEMS) {
  Deno.test(`a Bedrock target with ${name} is a problem`, async () => {
    const problems = await problemsOf(yaml(keys), sources);
    assertEquals(problems.includes(want), true, problems);
    assertEquals(problems.includes("hunter2"), false);
  });
}

const KEYS: { name: string; keys: string; want: readonly string[] }[] = [
  { name: "the environment's", keys: "", want: ["env-key"] },
  { name: "its own before it", keys: ", api_key: own-key", want: ["own-key"] },
  { name: "the environment's for an empty one", keys: ", api_key: ''", want: ["env-key"] },
  { name: "none where a profile is named", keys: ", profile: work", want: [] },
];

for (const { name, keys, want } of KEYS) {
  Deno.test(`a Bedrock target takes a Bedrock API key: ${name}`, async () => {
    const env = { AWS_BEARER_TOKEN_BEDROCK: "env-key" };
    const { apiKeys } = await targetOf(`region: us-east-1${keys}`, { env });
    assertEquals(apiKeys, want);
  });
}

const RIGHTS: { name: string; config: string; keys?: string; want: readonly string[] }[] = [
  { name: "plain keys", config: "[default]\naws_access_key_id = A\n", want: [] },
  { name: "a process", config: "[profile x]\ncredential_process = get\n", want: ["run"] },
  { name: "an SSO session", config: "[profile x]\nsso_session = corp\n", want: ["write"] },
  { name: "a login", config: "[default]\nlogin_session = arn\n", want: ["write"] },
  {
    name: "a process, but an API key",
    config: "[default]\ncredential_process = get\n",
    keys: ", api_key: k",
    want: [],
  },
];

for (const { name, config, keys = "", want } of RIGHTS) {
  Deno.test(`a Bedrock target needs these rights with ${name}: ${want.join() || "none"}`, async () => {
    const { rights } = await targetOf(`region: us-east-1${keys}`, {
      env: HOME,
      files: { [CONFIG]: config },
    });
    assertEquals(rights, want);
  });
}

Deno.test("a Bedrock target that signs has AWS's files watched; one with a key has not", async () => {
  const sources = { env: HOME };
  const signing = await evaluate(yaml("region: us-east-1"), sources);
  assertEquals(signing.files, [CONFIG, CREDENTIALS]);
  assertEquals((await evaluate(yaml("region: us-east-1, api_key: k"), sources)).files, []);
});

Deno.test("modelsUrls() names lists of the region only where the target wants them", async () => {
  assertEquals(modelsUrls(await targetOf("region: eu-west-1")), []);
  assertEquals(modelsUrls(await targetOf("region: eu-west-1, list_models: true")), [
    "https://bedrock.eu-west-1.amazonaws.com/foundation-models",
    "https://bedrock.eu-west-1.amazonaws.com/inference-profiles?type=SYSTEM_DEFINED",
  ]);
});
