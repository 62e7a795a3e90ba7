import { hideSecrets } from "../log.ts";
import { secretsOf } from "../target.ts";
import type { Config } from "./config.ts";

/** What `/healthz` and the status page say about the config. */
export interface ConfigStatus {
  /** 1 for the config that the server started with; one more for each that replaced it. */
  readonly generation: number;
  readonly hash: string;
  /** RFC 3339. */
  readonly loaded_at: string;
  /** Why the file as it is now is not the one that is live; null if it is. */
  readonly error: string | null;
}

/** The live config. A request takes `current` once and keeps it to its end. */
export class ConfigStore {
  #config: Config;
  #generation = 1;
  #loadedAt = new Date();
  #error: string | null = null;
  #refused = 0;
  #follow: (() => Promise<void>) | undefined;
  #followed: Promise<void> | undefined;

  constructor(config: Config) {
    this.#config = config;
    hideSecretsOf(config);
  }

  /** The config that new requests are served by. */
  current(): Config {
    return this.#config;
  }

  get generation(): number {
    return this.#generation;
  }

  get loadedAt(): Date {
    return this.#loadedAt;
  }

  /** Why the last load failed; null if it did not, or the live content is back. */
  get error(): string | null {
    return this.#error;
  }

  /** How many loads failed. */
  get refused(): number {
    return this.#refused;
  }

  /** Swaps the config whole; requests in flight keep theirs. */
  replace(config: Config): void {
    hideSecretsOf(config);
    this.#config = config;
    this.#generation++;
    this.#loadedAt = new Date();
    this.#error = null;
    this.#followed = this.#follow?.();
  }

  /** Takes over what another thread's store came to. */
  adopt(config: Config, { generation, loaded_at, error }: ConfigStatus): void {
    hideSecretsOf(config);
    this.#config = config;
    this.#generation = generation;
    this.#loadedAt = new Date(loaded_at);
    this.#error = error;
  }

  /** Notes why the file could not be loaded, or with null that it is fine again. */
  setError(error: string | null): void {
    this.#error = error;
    if (error !== null) this.#refused++;
    this.#followed = this.#follow?.();
  }

  /** Has every change told to the other threads; what it returns settles once they have it. */
  tellChanges(tell: () => Promise<void>): void {
    this.#follow = tell;
  }

  /** Settles once every thread has the last change. */
  async followed(): Promise<void> {
    await this.#followed;
  }

  /** Data for `/healthz` and the status page. */
  status(): ConfigStatus {
    return {
      generation: this.#generation,
      hash: this.#config.hash,
      loaded_at: this.#loadedAt.toISOString(),
      error: this.#error,
    };
  }
}

/** Old keys stay hidden: requests that began with them are still running. */
function hideSecretsOf(config: Config): void {
  hideSecrets(config.keys.map(({ key }) => key));
  hideSecrets([...config.targets.values()].flatMap(secretsOf));
}
