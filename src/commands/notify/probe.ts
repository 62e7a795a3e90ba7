import { reachableHost } from "../../config/address.ts";

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

const REQUEST = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/**
 * True if the server on that port says that it is well, within the time.
 *
 * Done by hand: `fetch` would ask the proxy that the environment names.
 */
export async function answers(
  { host, port }: ServerAddress,
  timeoutMs: number,
): Promise<boolean> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("no answer in time")), timeoutMs);
  const connecting = Deno.connect({ hostname: reachableHost(host), port });
  try {
    const connection = await Promise.race([connecting, late.promise]);
    await connection.write(new TextEncoder().encode(REQUEST));
    const buffer = new Uint8Array(64);
    const count = await Promise.race([connection.read(buffer), late.promise]);
    return /^HTTP\/1\.1 200 /.test(new TextDecoder().decode(buffer.subarray(0, count ?? 0)));
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    // Also the one that comes too late.
    void connecting.then((connection) => connection.close(), () => {});
  }
}
