/** With a proxy, a direct connection says nothing about the way that `fetch` takes. */
const PROXY_VARIABLES = ["http_proxy", "https_proxy", "all_proxy"] as const;

/**
 * False if no connection to the URL's host stands in time; true if one does, or if `fetch` will
 * know better: it was refused, a proxy is in the way, or the signal ended the attempt.
 */
export async function canConnect(
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted || usesProxy()) return true;
  const outcome = Promise.withResolvers<boolean>();
  const settle = () => outcome.resolve(true);
  const timer = setTimeout(() => outcome.resolve(false), timeoutMs);
  signal.addEventListener("abort", settle, { once: true });
  const attempt = new AbortController();
  connect(new URL(url), attempt.signal).then(settle, settle);
  try {
    return await outcome.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", settle);
    attempt.abort();
  }
}

/** Makes a connection, which lives until the signal aborts. */
async function connect({ hostname, port, protocol }: URL, signal: AbortSignal): Promise<void> {
  const isTls = protocol === "https:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const tcp = await Deno.connect({
    hostname: host,
    port: Number(port) || (isTls ? 443 : 80),
    signal,
  });
  if (!isTls) return closeOn(signal, tcp);
  const tls = await Deno.startTls(tcp, { hostname: host });
  closeOn(signal, tls);
  await tls.handshake();
}

function closeOn(signal: AbortSignal, connection: Deno.Conn): void {
  if (signal.aborted) connection.close();
  else signal.addEventListener("abort", () => connection.close(), { once: true });
}

function usesProxy(): boolean {
  return PROXY_VARIABLES.some((name) => {
    return Boolean(Deno.env.get(name) ?? Deno.env.get(name.toUpperCase()));
  });
}
