import type { JsonObject } from "../../json.ts";

/** OpenRouter's web search, which it offers in all of its APIs. */
export function searchPlugin({ allowed_domains, blocked_domains }: JsonObject): JsonObject {
  const domains = Array.isArray(allowed_domains)
    ? { include_domains: allowed_domains }
    : Array.isArray(blocked_domains)
    ? { exclude_domains: blocked_domains }
    : {};
  return { plugins: [{ id: "web", ...domains }] };
}
