import { encodeAwsMessage } from "../../src/framing/aws_event_stream.ts";

/** A call that reached the fake. */
export interface AwsCall {
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Answers a call of another kind than those that the fake knows; undefined is 404. */
export type AwsRoute = (call: AwsCall) => Response | undefined;

/**
 * Amazon Bedrock, and a container's endpoint for credentials, on loopback.
 *
 * Hands out credentials with a number; answers those that are good and refuses all others. Every
 * refusal quotes what it was sent, as AWS does where a signature is wrong.
 */
export class FakeAws implements AsyncDisposable {
  readonly calls: AwsCall[] = [];
  /** How often credentials were asked for. */
  handedOut = 0;
  /** Number of the credentials that are good; all are before it is set. */
  good: number | undefined;
  /** How long those are good that are handed out. */
  validMs = 3_600_000;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #route: AwsRoute;
  #held: { readonly count: number; readonly open: PromiseWithResolvers<void> } | undefined;

  constructor(route: AwsRoute = () => undefined) {
    this.#route = route;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Variables under which nothing of this machine's AWS is seen, but this fake's credentials. */
  get env(): Record<string, string> {
    return { ...NO_AWS, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${this.url}/credentials` };
  }

  /** Calls of models. */
  get modelCalls(): readonly AwsCall[] {
    return this.calls.filter(({ path }) => path.startsWith("/model/"));
  }

  /** Answers no call of a model until so many wait. */
  holdUntil(count: number): void {
    this.#held = { count: this.modelCalls.length + count, open: Promise.withResolvers() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const call = { path: pathname, headers: request.headers, body: await request.text() };
    this.calls.push(call);
    if (pathname === "/credentials") return Response.json(this.#credentials(++this.handedOut));
    if (!pathname.startsWith("/model/")) {
      return this.#route(call) ?? new Response("not found", { status: 404 });
    }
    if (this.#held && this.modelCalls.length >= this.#held.count) this.#held.open.resolve();
    // What is good is decided when a call arrives, as an expiry in flight would be.
    const answer = this.#model(call);
    await this.#held?.open.promise;
    return answer;
  }

  #credentials(number: number): Record<string, string> {
    return {
      AccessKeyId: `AKIDFAKE${number}`,
      SecretAccessKey: secretOf(number),
      Token: tokenOf(number),
      Expiration: new Date(Date.now() + this.validMs).toISOString(),
    };
  }

  #model({ headers }: AwsCall): Response {
    const authorization = headers.get("authorization") ?? "";
    const requestId = { "x-amzn-requestid": "11112222-3333-4444-5555-666677778888" };
    const wanted = `Credential=AKIDFAKE${this.good === undefined ? "" : `${this.good}/`}`;
    if (!authorization.includes(wanted)) {
      const quoted = [...headers].map(([name, value]) => `${name}:${value}`).join("\n");
      const message = `The security token included in the request is expired\n${quoted}`;
      const type = { "x-amzn-errortype": "ExpiredTokenException:http://internal.test/" };
      return Response.json({ message }, { status: 403, headers: { ...requestId, ...type } });
    }
    const type = { "content-type": "application/vnd.amazon.eventstream" };
    return new Response(new Blob(ANSWER), { headers: { ...requestId, ...type } });
  }
}

/** Variables under which a program finds no credentials of this machine. */
export const NO_AWS: Readonly<Record<string, string>> = {
  AWS_CONFIG_FILE: "/nonexistent/config",
  AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/credentials",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_ACCESS_KEY_ID: "",
  AWS_BEARER_TOKEN_BEDROCK: "",
  AWS_PROFILE: "",
  AWS_REGION: "",
  AWS_DEFAULT_REGION: "",
};

/** The secret key of the fake's credentials. */
export function secretOf(number: number): string {
  return `fake-secret-access-key-${number}`;
}

/** The session token of the fake's credentials. */
export function tokenOf(number: number): string {
  return `fake-session-token/${number}+`;
}

const ANSWER = [
  frame("messageStart", { role: "assistant" }),
  frame("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hello" } }),
  frame("contentBlockStop", { contentBlockIndex: 0 }),
  frame("messageStop", { stopReason: "end_turn" }),
  frame("metadata", { usage: { inputTokens: 3, outputTokens: 1, totalTokens: 4 } }),
];

function frame(event: string, payload: object): Uint8Array<ArrayBuffer> {
  return encodeAwsMessage({
    ":event-type": event,
    ":content-type": "application/json",
    ":message-type": "event",
  }, JSON.stringify(payload));
}
