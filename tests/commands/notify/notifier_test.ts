import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  openNotifier,
  type ServedState,
  ServiceNotifier,
} from "../../../src/commands/notify/notifier.ts";
import { soon } from "../../support/server_wait.ts";

const ignore = Deno.build.os === "windows";

/** A socket that keeps what is sent. */
function recorder() {
  const sent: string[][] = [];
  return {
    sent,
    send(lines: readonly string[]): void {
      sent.push([...lines]);
    },
    close: () => Promise.resolve(),
  };
}

function healthy(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response());
}

function stateOf(port: number): ServedState {
  return { address: { host: "127.0.0.1", port }, drainMs: 1_000, status: () => "fine\nreally" };
}

Deno.test("ServiceNotifier says READY only once the port answers", { ignore }, async () => {
  const asked = Promise.withResolvers<void>();
  let isWell = false;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => {
      asked.resolve();
      return new Response("", { status: isWell ? 200 : 503 });
    },
  );
  const socket = recorder();
  const notifier = new ServiceNotifier({ socket });
  const served = notifier.serve(stateOf(server.addr.port));
  await asked.promise;
  assertEquals(socket.sent, []);
  isWell = true;
  await served;
  assertEquals(socket.sent, [["READY=1", "STATUS=fine really"]]);
  await notifier.close();
});

Deno.test(
  "ServiceNotifier says RELOADING with the time, then READY again",
  { ignore },
  async () => {
    await using server = healthy();
    const socket = recorder();
    const notifier = new ServiceNotifier({ socket });
    await notifier.reload(Promise.resolve());
    assertEquals(socket.sent, [], "nothing is reloaded before READY");
    await notifier.serve(stateOf(server.addr.port));
    const inStep = Promise.withResolvers<void>();
    const reloaded = notifier.reload(inStep.promise);
    const [, [reloading, time = ""] = []] = socket.sent;
    assertEquals([socket.sent.length, reloading], [2, "RELOADING=1"]);
    assert(/^MONOTONIC_USEC=\d+$/.test(time), time);
    inStep.resolve();
    await reloaded;
    assertEquals(socket.sent.at(-1), ["READY=1", "STATUS=fine really"]);
    await notifier.close();
  },
);

Deno.test(
  "ServiceNotifier pings the watchdog for as long as the port answers",
  { ignore },
  async () => {
    const outcomes = [true, true, true, false, false];
    const through = Promise.withResolvers<void>();
    const probe = () => {
      const isWell = outcomes.shift();
      if (isWell === undefined) through.resolve();
      return Promise.resolve(isWell ?? false);
    };
    const socket = recorder();
    const notifier = new ServiceNotifier({ socket, watchdogMs: 10, probe });
    await notifier.serve(stateOf(9));
    await soon(through.promise, "the port was asked often enough");
    // The first answer was for READY.
    assertEquals(socket.sent.flat().filter((line) => line === "WATCHDOG=1").length, 2);
    await notifier.close();
  },
);

const WATCHDOGS: { name: string; env: Record<string, string>; pings: boolean }[] = [
  { name: "a watchdog", env: { WATCHDOG_USEC: "20000" }, pings: true },
  {
    name: "a watchdog of this process",
    env: { WATCHDOG_USEC: "20000", WATCHDOG_PID: `${Deno.pid}` },
    pings: true,
  },
  { name: "another's", env: { WATCHDOG_USEC: "20000", WATCHDOG_PID: "1" }, pings: false },
  { name: "no watchdog", env: {}, pings: false },
  { name: "nonsense", env: { WATCHDOG_USEC: "often" }, pings: false },
];

for (const { name, env, pings } of WATCHDOGS) {
  Deno.test(
    `openNotifier() ${pings ? "pings" : "does not ping"} for ${name}`,
    { ignore },
    async () => {
      const folder = await Deno.makeTempDir();
      const path = `${folder}/notify`;
      const manager = Deno.listenDatagram({ transport: "unixpacket", path });
      await using server = healthy();
      const all: Record<string, string> = { NOTIFY_SOCKET: path, ...env };
      const notifier = openNotifier(() => {}, (name) => all[name]);
      await notifier?.serve(stateOf(server.addr.port));
      const texts: string[] = [];
      const read = async () => {
        const [bytes] = await soon(manager.receive(), "a datagram comes");
        texts.push(new TextDecoder().decode(bytes));
      };
      await read();
      if (pings) await read();
      await notifier?.close();
      manager.close();
      await Deno.remove(folder, { recursive: true });
      assertEquals(texts, ["READY=1\nSTATUS=fine really", ...(pings ? ["WATCHDOG=1"] : [])]);
    },
  );
}

Deno.test("openNotifier() does nothing without $NOTIFY_SOCKET, and explains one it cannot use", () => {
  const messages: string[] = [];
  const warn = (message: string) => void messages.push(message);
  assertEquals(openNotifier(warn, () => undefined), undefined);
  assertEquals(messages, []);
  const vsock: Record<string, string> = { NOTIFY_SOCKET: "vsock:2:1" };
  assertEquals(openNotifier(warn, (name) => vsock[name]), undefined);
  assertStringIncludes(messages.join(), "'vsock:2:1' ($NOTIFY_SOCKET)");
});
