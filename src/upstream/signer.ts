import type { Target } from "../target.ts";
import type { Turn } from "../translators/turn.ts";
import {
  type AwsCredentials,
  awsCredentials,
  type AwsIdentity,
  isSame,
} from "./aws_credentials.ts";
import { credentialFailure, credentialTimeout } from "./aws_failure.ts";
import type { UpstreamResponse } from "./http.ts";
import { type SignableRequest, signRequest } from "./aws_signature.ts";

/** What a target that signs its requests says about it. */
export type SigningTurn = Pick<Turn, "target" | "profile" | "apiKey">;

/** Refusals of the credentials themselves, which others may cure. */
const REFUSED =
  /^(?:ExpiredToken(?:Exception)?|UnrecognizedClientException|InvalidClientTokenId)\b/;

/** Signs the requests of one turn; undefined where a key or the YAML's own header does. */
export function signerOf({ target, profile, apiKey }: SigningTurn): Signer | undefined {
  const signs = profile.auth === "aws" && apiKey === undefined &&
    target.headers.authorization === undefined;
  return signs ? new Signer(target) : undefined;
}

/** Signs with AWS's credentials, and replaces those that AWS refuses. */
export class Signer {
  readonly #target: Target;
  readonly #credentials: AwsCredentials;
  #used: AwsIdentity | undefined;

  constructor(target: Target, credentials?: AwsCredentials) {
    const { profile } = target.options;
    this.#target = target;
    this.#credentials = credentials ??
      awsCredentials(typeof profile === "string" ? profile : undefined);
  }

  /**
   * Signs a request.
   *
   * @throws {UpstreamUnreachableError} If there are no credentials, or none in time.
   */
  async sign(request: SignableRequest): Promise<void> {
    await this.#signWith(request, await this.#inTime(this.#credentials.get()));
  }

  /**
   * Signs a request once more if the answer to it refused its credentials and there are others.
   *
   * @throws {UpstreamUnreachableError} As {@link sign} does.
   */
  async signAgain(
    request: SignableRequest,
    { headers }: Pick<UpstreamResponse, "headers">,
  ): Promise<boolean> {
    if (!this.#used || !REFUSED.test(headers.get("x-amzn-errortype") ?? "")) return false;
    const other = await this.#inTime(this.#credentials.replace(this.#used));
    if (isSame(other, this.#used)) return false;
    await this.#signWith(request, other);
    return true;
  }

  async #signWith(request: SignableRequest, identity: AwsIdentity): Promise<void> {
    this.#used = identity;
    const region = String(this.#target.options.region ?? "");
    await signRequest(request, { region, identity });
  }

  async #inTime(credentials: Promise<AwsIdentity>): Promise<AwsIdentity> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(credentialTimeout(this.#target)),
        this.#target.timeouts.connectMs,
      );
    });
    const found = credentials.catch((cause) => {
      throw credentialFailure(this.#target, cause);
    });
    try {
      return await Promise.race([found, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
