import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { UpstreamUnreachableError } from "../../src/errors.ts";
import {
  AwsCredentials,
  type AwsIdentity,
  type AwsProvider,
} from "../../src/upstream/aws_credentials.ts";
import { Signer, signerOf } from "../../src/upstream/signer.ts";
import { type TargetOptions, testTarget } from "../support/turn.ts";

const OLD: AwsIdentity = { accessKeyId: "AKIDOLD", secretAccessKey: "old-secret-1" };
const NEW: AwsIdentity = { accessKeyId: "AKIDNEW", secretAccessKey: "new-secret-1" };

const TARGET: TargetOptions = {
  apiKeys: [],
  options: { region: "us-east-1" },
  quirks: { auth: "aws" },
};

function signer(provide: AwsProvider, options: TargetOptions = {}): Signer {
  const credentials = new AwsCredentials(() => Promise.resolve(provide));
  return new Signer(testTarget({ ...TARGET, ...options }), credentials);
}

function request(): { method: "POST"; url: string; headers: Headers; body: string } {
  return {
    method: "POST",
    url: "https://bedrock.test/model/m/converse",
    headers: new Headers({ "content-type": "application/json" }),
    body: "{}",
  };
}

function refusal(type: string, status = 403): Response {
  return new Response("{}", { status, headers: { "x-amzn-errortype": type } });
}

const SIGNS: { name: string; options: TargetOptions; want: boolean }[] = [
  { name: "no key", options: {}, want: true },
  { name: "a key", options: { apiKeys: ["bedrock-api-key"] }, want: false },
  {
    name: "an authorization of its own",
    options: { headers: { authorization: "x" } },
    want: false,
  },
  { name: "another scheme", options: { quirks: { auth: "none" } }, want: false },
];

for (const { name, options, want } of SIGNS) {
  Deno.test(`signerOf() ${want ? "signs" : "does not sign"} for a target with ${name}`, () => {
    const target = testTarget({ ...TARGET, ...options });
    const turn = { target, profile: target.profileFor("m"), apiKey: target.apiKeys[0] };
    assertEquals(signerOf(turn) !== undefined, want);
  });
}

const REFUSALS: { name: string; answer: Response; other: AwsIdentity; want: boolean }[] = [
  { name: "an expired token", answer: refusal("ExpiredTokenException"), other: NEW, want: true },
  {
    name: "an expired token, told with a URL behind it",
    answer: refusal("ExpiredTokenException:http://internal.amazon.com/coral/"),
    other: NEW,
    want: true,
  },
  {
    name: "an unknown key",
    answer: refusal("UnrecognizedClientException"),
    other: NEW,
    want: true,
  },
  {
    name: "an expired token in place of which there is no other",
    answer: refusal("ExpiredTokenException"),
    other: OLD,
    want: false,
  },
  {
    name: "a right that is missing",
    answer: refusal("AccessDeniedException"),
    other: NEW,
    want: false,
  },
  { name: "nothing", answer: new Response("{}", { status: 403 }), other: NEW, want: false },
];

for (const { name, answer, other, want } of REFUSALS) {
  Deno.test(`Signer ${want ? "signs" : "does not sign"} again after ${name}`, async () => {
    const signing = signer(({ forceRefresh } = {}) => Promise.resolve(forceRefresh ? other : OLD));
    const asked = request();
    await signing.sign(asked);
    assert(asked.headers.get("authorization")?.includes("Credential=AKIDOLD/"));
    assertEquals(await signing.signAgain(asked, answer), want);
    const used = want ? "AKIDNEW" : "AKIDOLD";
    assert(asked.headers.get("authorization")?.includes(`Credential=${used}/`));
  });
}

const FAILURES: { message: string; profile?: string; want: string }[] = [
  {
    message: "Could not load credentials from any providers",
    want: "none were found: set 'api_key'",
  },
  {
    message: "The SSO session associated with this profile has expired",
    profile: "work",
    want: "run 'aws sso login --profile work'",
  },
  {
    message: "Token is expired. To refresh this SSO session run 'aws sso login'",
    want: "run 'aws",
  },
  {
    message: "Command failed: get-keys --password hunter2\nno such password",
    want: "its credential_process failed",
  },
  {
    message:
      "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sts:AssumeRole",
    want: "arn:aws:iam::[id]:user/ann is not authorized",
  },
  { message: "", want: "AWS gives no reason" },
];

for (const { message, profile, want } of FAILURES) {
  Deno.test(`Signer says what to do where AWS says ${JSON.stringify(message)}`, async () => {
    const options = { options: { region: "us-east-1", profile } };
    const signing = signer(() => Promise.reject(new Error(message)), options);
    const error = await assertRejects(
      () => signing.sign(request()),
      UpstreamUnreachableError,
      "Cannot get AWS credentials for target 'fast': ",
    );
    assert(error.message.includes(want), error.message);
    assertEquals([error.status, error.headers["x-should-retry"]], [502, "false"]);
    assert(!/hunter2|123456789012/.test(error.message), error.message);
  });
}

Deno.test("Signer waits for credentials no longer than for a connection", async () => {
  using time = new FakeTime();
  const signing = signer(() => new Promise(() => {}));
  const failed = assertRejects(
    () => signing.sign(request()),
    UpstreamUnreachableError,
    "no answer within 1000 ms",
  );
  await time.tickAsync(1000);
  await failed;
});
