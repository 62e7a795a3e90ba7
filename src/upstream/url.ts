import type { Target } from "../target.ts";

/**
 * `base_url` and a path below it, with the target's query and the one that the client sent. Where
 * both name a parameter only the target's counts: some upstreams take the first, some the last.
 */
export function upstreamUrl(url: string, target: Target, clientQuery = ""): string {
  const own = new URLSearchParams(target.query).toString();
  const foreign = clientQuery.replace(/^\?/, "").split("&").filter((part) => {
    const [name] = [...new URLSearchParams(part).keys()];
    return name !== undefined && !Object.hasOwn(target.query, name);
  });
  const query = [...foreign, own].filter((part) => part !== "").join("&");
  if (query === "") return url;
  return `${url}${url.includes("?") ? "&" : "?"}${query}`;
}
