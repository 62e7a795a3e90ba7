import type { ProviderProfile } from "../schema.ts";

/** A provider of the catalog. */
export interface CatalogEntry extends ProviderProfile {
  /** What `provider:` may say; the first is the one that is shown. */
  readonly names: readonly string[];
}
