import { lookup } from "node:dns/promises";

/** Where connections go. Those of one origin serve any request to it. */
export interface Origin {
  /** Without the brackets of IPv6. */
  readonly hostname: string;
  readonly port: number;
  readonly isTls: boolean;
  /** A certificate to trust besides the system's, in PEM. */
  readonly caCert: string | undefined;
}

/**
 * Makes a connection, with TLS where the origin has it.
 *
 * @throws {Error} If there is none, as the runtime words it, or if the signal aborts.
 */
export async function dial(origin: Origin, signal: AbortSignal): Promise<Deno.Conn> {
  const tcp = await connect(origin, signal);
  // Requests and acknowledgements of their parts would wait for each other otherwise.
  tcp.setNoDelay(true);
  return origin.isTls ? await startTls(tcp, origin, signal) : tcp;
}

/** Deno 2.7.11 tries the first address of a host only; newer versions try all by themselves. */
async function connect({ hostname, port }: Origin, signal: AbortSignal): Promise<Deno.TcpConn> {
  try {
    return await Deno.connect({ hostname, port, signal });
  } catch (error) {
    const [, ...others] = await lookup(hostname, { all: true }).catch(() => []);
    for (const { address } of others) {
      if (signal.aborted) break;
      const tcp = await Deno.connect({ hostname: address, port, signal }).catch(() => undefined);
      if (tcp) return tcp;
    }
    throw error;
  }
}

async function startTls(
  tcp: Deno.TcpConn,
  { hostname, caCert }: Origin,
  signal: AbortSignal,
): Promise<Deno.TlsConn> {
  const tls = await Deno.startTls(tcp, {
    hostname,
    alpnProtocols: ["http/1.1"],
    ...(caCert === undefined ? {} : { caCerts: [caCert] }),
  });
  const cancel = () => tls.close();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    if (signal.aborted) throw signal.reason;
    await tls.handshake();
    return tls;
  } catch (error) {
    if (!signal.aborted) tls.close();
    throw error instanceof Deno.errors.UnexpectedEof
      ? new Error("TLS handshake EOF", { cause: error })
      : error;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
