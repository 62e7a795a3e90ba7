import type { AwsIdentity } from "./aws_credentials.ts";

/** A request that is to be signed. */
export interface SignableRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Headers;
  readonly body: string | Uint8Array;
}

/** How it is signed. */
export interface SigningOptions {
  readonly region: string;
  readonly identity: AwsIdentity;
  /** The present by default. */
  readonly now?: Date;
}

/** The name that Amazon Bedrock has in signatures. */
const SERVICE = "bedrock";

/**
 * Signs a request to Amazon Bedrock: sets `authorization` and the `x-amz-` headers that go with it.
 *
 * Of the other headers, only `content-type` and those that AWS defines are signed, so that a proxy
 * may change the rest. The path is encoded once more in what is signed, as everywhere but in S3.
 *
 * @see {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html}
 */
export async function signRequest(
  { method, url, headers, body }: SignableRequest,
  { region, identity, now = new Date() }: SigningOptions,
): Promise<void> {
  const { SignatureV4, Sha256 } = await import("./aws_packages.ts");
  const { protocol, hostname, host, port, pathname, searchParams } = new URL(url);
  const signer = new SignatureV4({
    service: SERVICE,
    region,
    credentials: identity,
    sha256: Sha256,
  });
  const own = [...headers].filter(([name]) => name === "content-type" || name.startsWith("x-amz"));
  const signed = await signer.sign({
    method,
    protocol,
    hostname,
    ...(port === "" ? {} : { port: Number(port) }),
    path: pathname,
    query: Object.fromEntries(
      [...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)]),
    ),
    headers: { ...Object.fromEntries(own), host },
    body,
  }, { signingDate: now });
  // The host is set when the request is sent.
  const { host: _, ...rest } = signed.headers;
  for (const [name, value] of Object.entries(rest)) headers.set(name, value);
}
