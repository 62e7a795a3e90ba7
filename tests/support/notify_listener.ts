import { soon } from "./server_wait.ts";

/** A service manager's end of the notify protocol, on a real socket. */
export class NotifyListener implements Disposable {
  readonly #socket: Deno.DatagramConn;
  readonly address: string;

  constructor(address: string) {
    this.address = address;
    this.#socket = Deno.listenDatagram({
      transport: "unixpacket",
      path: address.replace(/^@/, "\0"),
    });
  }

  /** The assignments of the next datagram. */
  async next(): Promise<Record<string, string>> {
    const [bytes] = await soon(this.#socket.receive(), "a datagram comes");
    return Object.fromEntries(
      new TextDecoder().decode(bytes).split("\n").map((line) => {
        const at = line.indexOf("=");
        return [line.slice(0, at), line.slice(at + 1)];
      }),
    );
  }

  /** The next datagram that says anything of that name; the ones before are skipped. */
  async nextWith(name: string): Promise<Record<string, string>> {
    for (;;) {
      const said = await this.next();
      if (name in said) return said;
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
