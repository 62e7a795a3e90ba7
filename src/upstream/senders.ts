import { FetchSender } from "./fetch_sender.ts";
import type { HttpSender } from "./http.ts";
import { Http1Sender } from "./http1/sender.ts";

/** `fetch` reads the environment when it is first used, and so does this. */
const PROXY_VARIABLES = ["http_proxy", "https_proxy", "all_proxy"] as const;

/** What a server says that speaks HTTP/2 only to who offers HTTP/1.1. */
const HTTP2_ONLY = /NoApplicationProtocol/;

let isTraced = false;
let hasProxy: boolean | undefined;

/** Origins that speak HTTP/2 only. */
const http2Origins = new Set<string>();

/** Who sends a request to that URL: `fetch` what only it can, since it knows proxies and HTTP/2. */
export function senderFor(url: string): HttpSender {
  hasProxy ??= PROXY_VARIABLES.some((name) => {
    return Boolean(Deno.env.get(name) ?? Deno.env.get(name.toUpperCase()));
  });
  const speaksHttp2 = http2Origins.size > 0 && http2Origins.has(new URL(url).origin);
  return hasProxy || isTraced || speaksHttp2 ? new FetchSender() : new Http1Sender();
}

/** Tells that the runtime traces: then all calls go the way that it sees. */
export function letRuntimeTrace(): void {
  isTraced = true;
}

/** Learns from a failed call whether another sender can reach that origin; true if so. */
export function learnFrom(failure: unknown, sender: HttpSender, url: string): boolean {
  const isHttp2 = sender instanceof Http1Sender && failure instanceof Error &&
    HTTP2_ONLY.test(failure.message);
  if (isHttp2) http2Origins.add(new URL(url).origin);
  return isHttp2;
}
