import * as z from "zod";
import type { ConfigProblem } from "../errors.ts";
import { isObject } from "../json.ts";
import { compileGlob } from "../profiles/glob.ts";
import type { PriceRule, UsageConfig } from "./config.ts";
import { parseConfigDocument } from "./document.ts";
import { check } from "./problems.ts";
import { type RawRoot, usageShape } from "./schema.ts";
import type { Sources } from "./substitute.ts";
import { parseDays } from "./units.ts";

/** What of a config file concerns usage. */
export interface UsageSettings {
  readonly usage: UsageConfig;
  /** In the file's order; the first that matches counts. */
  readonly prices: readonly PriceRule[];
}

const DEFAULT_KEEP = "90d";

const settingsSchema = z.strictObject(usageShape);

/** Fills in the defaults. */
export function resolveUsage(usage: RawRoot["usage"]): UsageConfig {
  return {
    enabled: usage?.enabled ?? true,
    path: usage?.path,
    keepDays: parseDays(usage?.keep ?? DEFAULT_KEEP) ?? 0,
  };
}

/**
 * Reads the settings out of a config text, whatever is wrong in other places.
 *
 * The shell in which somebody asks for a report has seldom the variables that the service has, and
 * its user may not read the service's secrets.
 */
export function readUsageSettings(
  text: string,
  sources: Sources,
): { readonly settings: UsageSettings | undefined; readonly problems: readonly ConfigProblem[] } {
  const document = parseConfigDocument(text, sources);
  const root = isObject(document.value) ? document.value : {};
  const value = { usage: root.usage, prices: root.prices };
  const checked = check(settingsSchema, document, { path: [], value });
  const problems = [
    ...document.problems.filter(({ path }) => document.broken || /^(usage|prices)\b/.test(path)),
    ...checked.problems,
  ];
  if (problems.length > 0 || checked.value === undefined) return { settings: undefined, problems };
  const { usage, prices = {} } = checked.value;
  // An object would have names that look like numbers first.
  const rules = document.keysOf(["prices"]).flatMap((pattern) => {
    const price = prices[pattern];
    if (price === undefined) return [];
    const { input, output, cache_read: cacheRead, cache_creation: cacheCreation } = price;
    return [{
      pattern,
      matches: compileGlob(pattern),
      price: { input, output, cacheRead, cacheCreation },
    }];
  });
  return { settings: { usage: resolveUsage(usage), prices: rules }, problems };
}
