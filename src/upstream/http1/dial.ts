import { lookup } from "node:dns/promises";

/** How long an address may take before the next one is asked as well. */
const NEXT_ADDRESS_MS = 250;

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

async function connect({ hostname, port }: Origin, signal: AbortSignal): Promise<Deno.TcpConn> {
  return await connectToAny(await addressesOf(hostname), port, signal);
}

async function addressesOf(hostname: string): Promise<readonly string[]> {
  try {
    return (await lookup(hostname, { all: true })).map(({ address }) => address);
  } catch (error) {
    const { code = "" } = error as { readonly code?: string };
    // The host may be named like the reason of another failure.
    throw new Error(`DNS lookup failed ${code}`.trimEnd());
  }
}

/**
 * Connects to the address that answers first. One after the other is asked, as soon as the one
 * before has failed or had its time; Deno 2.7.11 asks the first of a host's addresses only.
 *
 * @throws {Error} Why the first that failed did, if all do.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8305}
 */
export async function connectToAny(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  const [hostname] = addresses;
  if (hostname !== undefined && addresses.length === 1) {
    return await Deno.connect({ hostname, port, signal });
  }
  const found = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Deno.TcpConn>();
  const waiting = [...addresses];
  const failures: unknown[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const win = (tcp: Deno.TcpConn): void => {
    if (found.signal.aborted) return tcp.close();
    found.abort();
    resolve(tcp);
  };
  const lose = (error: unknown): void => {
    failures.push(error);
    if (failures.length === addresses.length) reject(failures[0]);
    else if (!found.signal.aborted) askNext();
  };
  const askNext = (): void => {
    clearTimeout(timer);
    const hostname = waiting.shift();
    if (hostname === undefined) return;
    const either = AbortSignal.any([signal, found.signal]);
    Deno.connect({ hostname, port, signal: either }).then(win, lose);
    timer = setTimeout(askNext, NEXT_ADDRESS_MS);
  };
  askNext();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
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
  let isClosed = false;
  const close = (): void => {
    if (!isClosed) tls.close();
    isClosed = true;
  };
  signal.addEventListener("abort", close, { once: true });
  try {
    if (signal.aborted) throw signal.reason;
    await tls.handshake();
    return tls;
  } catch (error) {
    close();
    throw error instanceof Deno.errors.UnexpectedEof
      ? new Error("TLS handshake EOF", { cause: error })
      : error;
  } finally {
    signal.removeEventListener("abort", close);
  }
}
