import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname } from "node:path";
import { temporaryFolder } from "../support/config.ts";
import { type AwsCall, FakeAws, NO_AWS, secretOf, tokenOf } from "../support/fake_aws.ts";
import { ask, askStream } from "../support/server_gateway.ts";
import { until } from "../support/server_wait.ts";
import { RunningProgram } from "../support/server_program.ts";

type Folder = Awaited<ReturnType<typeof temporaryFolder>>;

/** A folder with a config of one Bedrock target at the fake. */
function folderFor(
  aws: FakeAws,
  files: Readonly<Record<string, string>> = {},
  keys = "",
): Promise<Folder> {
  const target =
    `{api_mode: bedrock_converse, region: eu-west-1, model: "m:0", endpoint_url: "${aws.url}"${keys}}`;
  return temporaryFolder({ ...files, "proxy.yaml": `targets:\n  aws: ${target}\n` });
}

async function start(
  folder: Folder,
  env: Readonly<Record<string, string>>,
): Promise<RunningProgram> {
  return await RunningProgram.startWith(
    { ...env, HOME: folder.path },
    "serve",
    "--log-level",
    "debug",
    "--config",
    `${folder.path}/proxy.yaml`,
  );
}

async function post(program: RunningProgram, body: object): Promise<[number, string]> {
  const response = await fetch(`${program.url}/aws/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return [response.status, await response.text()];
}

async function postMany(program: RunningProgram, count: number): Promise<readonly number[]> {
  const bodies = Array.from({ length: count }, (_, at) => at % 2 === 0 ? ask() : askStream());
  const answers = await Promise.all(bodies.map((body) => post(program, body)));
  for (const [, text] of answers) assertStringIncludes(text, "Hello");
  return answers.map(([status]) => status);
}

function assertNoSecret(text: string): void {
  for (const number of [1, 2, 3]) {
    for (const secret of [secretOf(number), tokenOf(number)]) {
      assert(!text.includes(secret), `${secret} is in:\n${text}`);
    }
  }
}

Deno.test("serve gets its AWS credentials once under load, and once more when they expire in flight", async () => {
  await using aws = new FakeAws();
  await using folder = await folderFor(aws);
  await using program = await start(folder, aws.env);
  assertEquals(aws.handedOut, 0);
  assertEquals(new Set(await postMany(program, 12)), new Set([200]));
  assertEquals(aws.handedOut, 1);
  // All are signed with the first before any of them hears that it has expired.
  aws.holdUntil(12);
  aws.good = 2;
  assertEquals(new Set(await postMany(program, 12)), new Set([200]));
  assertEquals(aws.handedOut, 2);
  assertEquals(aws.modelCalls.length, 12 + 12 + 12);
  const [first] = aws.modelCalls;
  assertMatch(first?.path ?? "", /^\/model\/m%3A0\/converse(-stream)?$/);
  assertEquals(first?.headers.get("x-amz-security-token"), tokenOf(1));
  assertNoSecret(program.log);
});

Deno.test("serve refreshes AWS credentials before they expire, in the background and once", async () => {
  await using aws = new FakeAws();
  await using folder = await folderFor(aws);
  await using program = await start(folder, aws.env);
  aws.validMs = 120_000;
  assertEquals((await post(program, ask()))[0], 200);
  aws.validMs = 3_600_000;
  assertEquals(new Set(await postMany(program, 8)), new Set([200]));
  await until(() => aws.handedOut === 2, "the refresh");
  const usesNew = () => aws.modelCalls.at(-1)?.headers.get("x-amz-security-token") === tokenOf(2);
  for (let tries = 0; tries < 100 && !usesNew(); tries++) await post(program, ask());
  assert(usesNew());
  assertEquals(new Set(await postMany(program, 8)), new Set([200]));
  assertEquals(aws.handedOut, 2);
});

Deno.test("serve tells no AWS credential to the client or the log, whatever AWS quotes", async () => {
  await using aws = new FakeAws();
  await using folder = await folderFor(aws);
  await using program = await start(folder, aws.env);
  aws.good = 9;
  for (const body of [ask(), askStream()]) {
    const [status, text] = await post(program, body);
    assertEquals(status, 403);
    assertStringIncludes(text, "security token included in the request is expired");
    assertNoSecret(text);
  }
  assertStringIncludes(program.log, "expiredtoken");
  assertNoSecret(program.log);
});

Deno.test("serve says what to do where there are no AWS credentials", async () => {
  await using aws = new FakeAws();
  await using folder = await folderFor(aws);
  await using program = await start(folder, NO_AWS);
  const [status, text] = await post(program, ask());
  assertEquals(status, 502);
  assertStringIncludes(text, "Cannot get AWS credentials for target 'aws': none were found");
  assertEquals(aws.calls.length, 0);
});

Deno.test("serve reads a profile of AWS's files, and its keys anew once they are refused", async () => {
  await using aws = new FakeAws();
  const keys = (number: number) =>
    `[work]\naws_access_key_id = AKIDFAKE${number}\naws_secret_access_key = ${secretOf(number)}\n`;
  await using folder = await folderFor(aws, { credentials: keys(1) }, ", profile: work");
  const file = `${folder.path}/credentials`;
  await using program = await start(folder, { ...NO_AWS, AWS_SHARED_CREDENTIALS_FILE: file });
  assertEquals((await post(program, ask()))[0], 200);
  await Deno.writeTextFile(file, keys(2));
  aws.good = 2;
  assertEquals((await post(program, ask()))[0], 200);
  assertNoSecret(program.log);
});

Deno.test({
  name: "serve runs a credential_process, and only where AWS's config names one",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using aws = new FakeAws();
    const answer = {
      Version: 1,
      AccessKeyId: "AKIDFAKE1",
      SecretAccessKey: secretOf(1),
      SessionToken: tokenOf(1),
    };
    await using folder = await folderFor(aws, { "answer.json": JSON.stringify(answer) });
    const config = `${folder.path}/config`;
    const named = `[default]\ncredential_process = cat ${folder.path}/answer.json\n`;
    await Deno.writeTextFile(config, named);
    const env = { ...NO_AWS, AWS_CONFIG_FILE: config };
    await using program = await start(folder, env);
    assertEquals((await post(program, ask()))[0], 200);

    await Deno.writeTextFile(config, "[default]\nregion = eu-west-1\n");
    await using second = await start(folder, env);
    await Deno.writeTextFile(config, named);
    await until(() => second.log.includes("rights that were given up"), "the reload");
    const [status, text] = await post(second, ask());
    assertEquals(status, 502);
    assertStringIncludes(text, "restart Switchyard, which gave up the right to run");
  },
});

/** The answer of AWS's token service for a role. */
function assumedRole(action: string): Response {
  const credentials = [
    ["AccessKeyId", "AKIDFAKE1"],
    ["SecretAccessKey", secretOf(1)],
    ["SessionToken", tokenOf(1)],
    ["Expiration", new Date(Date.now() + 3_600_000).toISOString()],
  ].map(([name, value]) => `<${name}>${value}</${name}>`).join("");
  const result = `<${action}Result><Credentials>${credentials}</Credentials></${action}Result>`;
  return new Response(`<${action}Response>${result}</${action}Response>`, {
    headers: { "content-type": "text/xml" },
  });
}

/** The sources that ask another service of AWS, which the fake plays. */
const SERVICES: {
  name: string;
  route: (call: AwsCall) => Response | undefined;
  files: () => Readonly<Record<string, string>>;
  env: (folder: string, url: string) => Readonly<Record<string, string>>;
}[] = [
  {
    name: "a web identity",
    route: ({ body }) => {
      const action = new URLSearchParams(body).get("Action") ?? "";
      return body.includes("WebIdentityToken=jwt-of-the-pod") ? assumedRole(action) : undefined;
    },
    files: () => ({ token: "jwt-of-the-pod" }),
    env: (folder, url) => ({
      AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/r",
      AWS_WEB_IDENTITY_TOKEN_FILE: `${folder}/token`,
      AWS_ENDPOINT_URL_STS: url,
      AWS_REGION: "eu-west-1",
    }),
  },
  {
    name: "a role of another profile",
    route: ({ body }) =>
      body.includes("Action=AssumeRole&") ? assumedRole("AssumeRole") : undefined,
    files: () => ({
      config: "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = base-key\n" +
        "[default]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/r\n" +
        "source_profile = base\n",
    }),
    env: (folder, url) => ({
      AWS_CONFIG_FILE: `${folder}/config`,
      AWS_ENDPOINT_URL_STS: url,
      AWS_REGION: "eu-west-1",
    }),
  },
  {
    name: "an instance's role",
    route: ({ path }) => {
      const roles = "/latest/meta-data/iam/security-credentials/";
      if (path === "/latest/api/token") return new Response("imds-token");
      if (path === roles) return new Response("web");
      return path === `${roles}web`
        ? Response.json({
          Code: "Success",
          AccessKeyId: "AKIDFAKE1",
          SecretAccessKey: secretOf(1),
          Token: tokenOf(1),
          Expiration: new Date(Date.now() + 3_600_000).toISOString(),
        })
        : undefined;
    },
    files: () => ({}),
    env: (_, url) => ({
      AWS_EC2_METADATA_DISABLED: "false",
      AWS_EC2_METADATA_SERVICE_ENDPOINT: url,
    }),
  },
  {
    name: "an SSO session",
    route: (call) => ssoRole(call, "sso-token"),
    files: () => ssoFiles({ accessToken: "sso-token", expiresAt: inAnHour() }),
    env: ssoEnv,
  },
];

for (const { name, route, files, env } of SERVICES) {
  Deno.test(`serve signs with the credentials of ${name}`, async () => {
    await using aws = new FakeAws(route);
    await using folder = await folderFor(aws);
    await writeFiles(folder, files());
    await using program = await start(folder, { ...NO_AWS, ...env(folder.path, aws.url) });
    const [status, text] = await post(program, ask());
    assertEquals([status, text.includes("Hello")], [200, true], text);
    assertNoSecret(program.log);
  });
}

Deno.test("serve renews an SSO session, and writes it back for AWS's other tools", async () => {
  await using aws = new FakeAws((call) => {
    if (call.path !== "/token") return ssoRole(call, "new-token");
    const isRight = JSON.parse(call.body).refreshToken === "refresh-1";
    const renewed = { accessToken: "new-token", refreshToken: "refresh-2", expiresIn: 3600 };
    return isRight ? Response.json(renewed) : undefined;
  });
  await using folder = await folderFor(aws);
  const session = {
    accessToken: "old-token",
    expiresAt: new Date(Date.now() + 60_000).toISOString(),
    clientId: "client",
    clientSecret: "client-secret",
    refreshToken: "refresh-1",
  };
  await writeFiles(folder, ssoFiles(session));
  await using program = await start(folder, { ...NO_AWS, ...ssoEnv(folder.path, aws.url) });
  const [status, text] = await post(program, ask());
  assertEquals(status, 200, text);
  const written = JSON.parse(await Deno.readTextFile(`${folder.path}/${SSO_CACHE}`));
  assertEquals([written.accessToken, written.refreshToken], ["new-token", "refresh-2"]);
});

// The name is the SHA-1 of the session's, as `aws sso login` writes it.
const SSO_CACHE = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

function ssoFiles(session: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return {
    config: "[default]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = r\n" +
      "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.test/start\n",
    [SSO_CACHE]: JSON.stringify(session),
  };
}

function ssoEnv(folder: string, url: string): Readonly<Record<string, string>> {
  return {
    AWS_CONFIG_FILE: `${folder}/config`,
    AWS_ENDPOINT_URL_SSO: url,
    AWS_ENDPOINT_URL_SSO_OIDC: url,
  };
}

/** The credentials of a role, for the token of a session. */
function ssoRole({ path, headers }: AwsCall, token: string): Response | undefined {
  const isRight = headers.get("x-amz-sso_bearer_token") === token;
  if (path !== "/federation/credentials" || !isRight) return undefined;
  return Response.json({
    roleCredentials: {
      accessKeyId: "AKIDFAKE1",
      secretAccessKey: secretOf(1),
      sessionToken: tokenOf(1),
      expiration: Date.now() + 3_600_000,
    },
  });
}

async function writeFiles(
  folder: Folder,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = `${folder.path}/${path}`;
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
}

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}
