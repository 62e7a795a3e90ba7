import type { Target } from "../target.ts";

/** How long before the connect clock runs out the host is asked directly. */
const PROBE_MS = 1_000;

/** Through a proxy, the upstream's own host may be out of reach and all is well. */
const PROXY_VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/** Makes one connection, and lets go of it. */
export type Probe = (url: string) => Promise<void>;

/**
 * Watches over `timeouts.connect`, which `fetch` has no clock for.
 *
 * An upstream that thinks for minutes looks the same to `fetch` as a host that never answers a
 * connection. So if nothing came for nearly that long, one connection of our own tells them apart.
 * Calls `onTimeout` if that is not made before the clock runs out; the returned function stops it.
 */
export function watchConnect(
  target: Target,
  url: string,
  onTimeout: () => void,
  probe: Probe = connectOnce,
): () => void {
  if (usesProxy()) return () => {};
  const { connectMs } = target.timeouts;
  const probeMs = Math.min(PROBE_MS, connectMs / 2);
  let over = false;
  let deadline: ReturnType<typeof setTimeout> | undefined;
  const start = setTimeout(() => {
    deadline = setTimeout(() => {
      if (!over) onTimeout();
    }, probeMs);
    // A refusal is an answer too: fetch reports it better than we could.
    probe(url).catch(() => {}).finally(() => clearTimeout(deadline));
  }, connectMs - probeMs);
  return () => {
    over = true;
    clearTimeout(start);
    clearTimeout(deadline);
  };
}

async function connectOnce(url: string): Promise<void> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const connection = protocol === "https:"
    ? await Deno.connectTls({ hostname: host, port: Number(port || 443) })
    : await Deno.connect({ hostname: host, port: Number(port || 80) });
  if ("handshake" in connection) await connection.handshake().finally(() => connection.close());
  else connection.close();
}

function usesProxy(): boolean {
  return PROXY_VARIABLES.some((name) => Deno.env.get(name) || Deno.env.get(name.toLowerCase()));
}
