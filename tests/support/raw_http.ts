import { soon } from "./server_wait.ts";

/**
 * Sends bytes as they are on a connection of their own, and returns all that comes back until the
 * other side closes it.
 */
export async function sendRaw(
  url: string,
  text: string,
  { halfClose = false }: { readonly halfClose?: boolean } = {},
): Promise<string> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  if (halfClose) await connection.closeWrite();
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let received = "";
  for (;;) {
    const count = await soon(connection.read(buffer).catch(() => null), "the answer's end");
    if (count === null) return received;
    received += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

/** The statuses of the answers in what {@link sendRaw} returned. */
export function statusesOf(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
