import type { LogOptions } from "../log.ts";

/** Values that come from the command line and win over the file's. */
export interface Overrides {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly logLevel?: LogOptions["level"];
  readonly logFormat?: LogOptions["format"];
}

/** All that a config is made of; holds secrets. Structured clone can carry it to another thread. */
export interface ConfigSource {
  readonly text: string;
  /** The variables that the text names; those that are not set are undefined. */
  readonly env: ReadonlyMap<string, string | undefined>;
  /** Contents of the files that the text names. */
  readonly files: ReadonlyMap<string, string>;
  readonly overrides: Overrides;
}
