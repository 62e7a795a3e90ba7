import { join } from "node:path";
import { getLogger } from "../../log.ts";

const log = getLogger("service");

/** A way to the service manager; what is sent arrives in order, or is lost with a warning. */
export interface NotifySocket {
  /** Sends the assignments, such as `READY=1`, as one datagram. */
  send(assignments: readonly string[]): void;
  /** Closes the socket once everything has left, or a second has passed. */
  close(): Promise<void>;
}

/** A service manager that reads nothing must not keep the server from ending. */
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Opens the socket that `$NOTIFY_SOCKET` names: a path, or a name in the abstract namespace that
 * begins with `@`.
 *
 * Deno asks for the right to write to that path with every datagram, not only here.
 *
 * @throws {Error} If it is no such address, or no socket can be had.
 */
export function openNotifySocket(address: string): NotifySocket {
  if (!/^[/@]./s.test(address)) throw new Error("it is neither a path nor an abstract name");
  const to: Deno.UnixAddr = {
    transport: "unixpacket",
    path: address.replace(/^@/, "\0"),
  };
  const socket = bindSomewhere();
  let sent = Promise.resolve();
  return {
    send: (assignments) => {
      const datagram = new TextEncoder().encode(assignments.join("\n"));
      sent = sent.then(async () => void await socket.send(datagram, to)).catch((error) =>
        log.warn("The service manager could not be told", { error })
      );
    },
    close: async () => {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
      await Promise.race([sent, late]);
      clearTimeout(timer);
      socket.close();
    },
  };
}

/** Deno sends from sockets with an address only; nobody sends to this one, so its file can go. */
function bindSomewhere(): Deno.DatagramConn {
  const folder = Deno.makeTempDirSync({ prefix: "switchyard_notify_" });
  try {
    return Deno.listenDatagram({ transport: "unixpacket", path: join(folder, "socket") });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
