import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { assert, assertEquals } from "@std/assert";
import { signRequest } from "../../src/upstream/aws_signature.ts";

/** A request as AWS's client would have sent it. */
interface ClientRequest {
  readonly method: "POST";
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

interface NextArgs {
  readonly request: ClientRequest;
}

type Next = (args: NextArgs) => Promise<unknown>;

/** The steps of AWS's client, as far as this test looks at them. */
interface MiddlewareStack {
  addRelativeTo(middleware: (next: Next) => Next, place: Readonly<Record<string, string>>): void;
}

/** What AWS's client adds of its own, and would sign. */
const OF_THE_CLIENT = [
  "amz-sdk-invocation-id",
  "amz-sdk-request",
  "content-length",
  "x-amz-user-agent",
];

const INPUT: ConverseCommandInput = {
  modelId: "anthropic.claude-sonnet-4-5-20250929-v1:0",
  messages: [{ role: "user", content: [{ text: "Grüße 🌍" }] }],
};

const TEMPORARY = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI",
  sessionToken: "t/+=",
};

const CASES: {
  name: string;
  config: BedrockRuntimeClientConfig;
  modelId?: string;
  stream?: boolean;
}[] = [
  { name: "a model id", config: {} },
  {
    name: "an ARN, whose slashes and colons are encoded twice",
    config: {},
    modelId: "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-x-v1:0",
  },
  { name: "a stream", config: {}, stream: true },
  { name: "credentials that last", config: { credentials: { ...TEMPORARY, sessionToken: "" } } },
  { name: "an endpoint with a port", config: { endpoint: "http://127.0.0.1:8123" } },
  { name: "an endpoint with a path", config: { endpoint: "https://gate.test/aws%20x/bedrock" } },
];

for (const { name, config, modelId = INPUT.modelId, stream } of CASES) {
  Deno.test(`signRequest() signs as AWS's client does: ${name}`, async () => {
    const credentials = config.credentials as typeof TEMPORARY | undefined;
    const identity = withoutEmpty(credentials ?? TEMPORARY);
    const signed = await signedByAws({ ...config, credentials: identity }, modelId, stream);
    const { method, protocol, hostname, port, path, body } = signed;
    const headers = new Headers({
      "content-type": "application/json",
      accept: "application/vnd.amazon.eventstream",
      "user-agent": "switchyard",
    });
    const url = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`;
    const now = dateOf(signed.headers["x-amz-date"] ?? "");
    await signRequest({ method, url, headers, body }, { region: "eu-west-1", identity, now });
    assert(headers.get("authorization")?.startsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    for (const header of ["authorization", "x-amz-date", "x-amz-security-token"]) {
      assertEquals(headers.get(header), signed.headers[header] ?? null, header);
    }
    assertEquals(headers.has("host"), false);
  });
}

Deno.test("signRequest() signs the text of a body as its bytes, and AWS's own headers", async () => {
  const sign = async (body: string | Uint8Array, more: Readonly<Record<string, string>>) => {
    const headers = new Headers({ "content-type": "application/json", ...more });
    const url = "https://a.test/model/m/converse?x=1&x=2&y=a%20b";
    const now = new Date(0);
    await signRequest({ method: "POST", url, headers, body }, {
      region: "us-east-1",
      identity: TEMPORARY,
      now,
    });
    return headers.get("authorization") ?? "";
  };
  const plain = await sign("Grüße", {});
  assertEquals(await sign(new TextEncoder().encode("Grüße"), { "x-own": "1" }), plain);
  const guarded = await sign("Grüße", { "x-amzn-bedrock-trace": "ENABLED" });
  assert(guarded.includes(";x-amzn-bedrock-trace,"), guarded);
});

/** What AWS's client signs, but for the headers that only it sends. */
async function signedByAws(
  config: BedrockRuntimeClientConfig,
  modelId: string | undefined,
  stream = false,
): Promise<ClientRequest> {
  const sent: ClientRequest[] = [];
  const client = new BedrockRuntimeClient({
    region: "eu-west-1",
    maxAttempts: 1,
    ...config,
    requestHandler: {
      handle: (request: ClientRequest) => {
        sent.push(request);
        return Promise.reject(new Error("not sent"));
      },
    },
  });
  const stack = client.middlewareStack as unknown as MiddlewareStack;
  stack.addRelativeTo((next) => (args) => {
    const { headers } = args.request;
    for (const name of OF_THE_CLIENT) delete headers[name];
    return next(args);
  }, { name: "leaner", relation: "before", toMiddleware: "httpSigningMiddleware" });
  const input = { ...INPUT, modelId };
  const command = stream ? new ConverseStreamCommand(input) : new ConverseCommand(input);
  await client.send(command as ConverseCommand).catch(() => {});
  client.destroy();
  const [request] = sent;
  if (!request) throw new Error("AWS's client sent nothing");
  return request;
}

function withoutEmpty({ sessionToken, ...rest }: typeof TEMPORARY): typeof TEMPORARY {
  return (sessionToken === "" ? rest : { sessionToken, ...rest }) as typeof TEMPORARY;
}

/** The date of `20260102T030405Z`. */
function dateOf(text: string): Date {
  return new Date(
    text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
}
