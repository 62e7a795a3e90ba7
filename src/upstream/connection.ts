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
  const connecting = connect(new URL(url));
  connecting.then(settle, settle);
  try {
    return await outcome.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", settle);
    connecting.then((connection) => connection.close(), () => {});
  }
}

async function connect({ hostname, port, protocol }: URL): Promise<Deno.Conn> {
  const isTls = protocol === "https:";
  const address = {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port) || (isTls ? 443 : 80),
  };
  if (!isTls) return await Deno.connect(address);
  const connection = await Deno.connectTls(address);
  try {
    await connection.handshake();
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

function usesProxy(): boolean {
  return PROXY_VARIABLES.some((name) => {
    return Boolean(Deno.env.get(name) ?? Deno.env.get(name.toUpperCase()));
  });
}
