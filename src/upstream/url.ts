import type { Target } from "../target.ts";

/** `base_url` and a path below it, with the target's query and the one that the client sent. */
export function upstreamUrl(url: string, target: Target, clientQuery = ""): string {
  const own = new URLSearchParams(target.query).toString();
  const query = [clientQuery.replace(/^\?/, ""), own].filter((part) => part !== "").join("&");
  if (query === "") return url;
  return `${url}${url.includes("?") ? "&" : "?"}${query}`;
}
