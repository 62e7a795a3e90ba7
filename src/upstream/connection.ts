/** With a proxy, a direct connection says nothing about the way that `fetch` takes. */
const PROXY_VARIABLES = ["http_proxy", "https_proxy", "all_proxy"] as const;

/**
 * True if a TCP connection to the URL's host can be made in time, or nobody can tell.
 *
 * The connection is closed at once; the signal ends the attempt.
 */
export async function canConnect(
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted || usesProxy()) return true;
  const { hostname, port, protocol } = new URL(url);
  const attempt = Deno.connect({
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port) || (protocol === "https:" ? 443 : 80),
  });
  const closed = attempt.then((connection) => connection.close()).then(() => true, () => false);
  const outcome = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => outcome.resolve(false), timeoutMs);
  const onAbort = () => outcome.resolve(true);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([closed, outcome.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function usesProxy(): boolean {
  return PROXY_VARIABLES.some((name) => {
    return Boolean(Deno.env.get(name) ?? Deno.env.get(name.toUpperCase()));
  });
}
