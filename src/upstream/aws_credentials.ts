import { hideTemporarily } from "../log.ts";

/** Credentials of AWS. */
export interface AwsIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** AWS's chain: keeps what it found, and refreshes it before it expires. */
export type AwsProvider = (
  options?: { readonly forceRefresh?: boolean },
) => Promise<AwsIdentity>;

/** The credentials of one profile, or of whatever surrounds the process. */
export class AwsCredentials {
  readonly #load: () => Promise<AwsProvider>;
  #provider: Promise<AwsProvider> | undefined;
  #latest: AwsIdentity | undefined;
  #replacement: Promise<AwsIdentity> | undefined;

  /** `load` is called once, by the first request. */
  constructor(load: () => Promise<AwsProvider>) {
    this.#load = load;
  }

  /** Credentials that are good now; throws what the chain throws if there are none. */
  async get(): Promise<AwsIdentity> {
    return this.#note(await (await this.#chain())());
  }

  /**
   * Credentials in place of those that AWS refused. However many requests had them refused, the
   * chain is asked once.
   */
  replace(refused: AwsIdentity): Promise<AwsIdentity> {
    if (this.#latest && !isSame(this.#latest, refused)) return this.get();
    this.#replacement ??= this.#refresh().finally(() => this.#replacement = undefined);
    return this.#replacement;
  }

  async #refresh(): Promise<AwsIdentity> {
    const provider = await this.#chain();
    return this.#note(await provider({ forceRefresh: true }));
  }

  #chain(): Promise<AwsProvider> {
    this.#provider ??= this.#load().catch((error) => {
      this.#provider = undefined;
      throw error;
    });
    return this.#provider;
  }

  /** No log and no error may show them, while they are good. */
  #note(identity: AwsIdentity): AwsIdentity {
    if (this.#latest && isSame(this.#latest, identity)) return identity;
    this.#latest = identity;
    hideTemporarily([identity.secretAccessKey, identity.sessionToken ?? ""]);
    return identity;
  }
}

/** True if both are the same credentials. */
export function isSame(one: AwsIdentity, other: AwsIdentity): boolean {
  return one.accessKeyId === other.accessKeyId && one.sessionToken === other.sessionToken &&
    one.secretAccessKey === other.secretAccessKey;
}

const byProfile = new Map<string, AwsCredentials>();

/** The credentials of a profile; without one, of the environment. They outlive a reload. */
export function awsCredentials(profile: string | undefined): AwsCredentials {
  const name = profile ?? "";
  let credentials = byProfile.get(name);
  if (!credentials) {
    credentials = new AwsCredentials(async () => {
      const { defaultProvider } = await import("./aws_packages.ts");
      // Files are read anew, or keys that were rotated would never be seen.
      return defaultProvider({ ...(profile === undefined ? {} : { profile }), ignoreCache: true });
    });
    byProfile.set(name, credentials);
  }
  return credentials;
}
