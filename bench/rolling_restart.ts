/**
 * Restarts two gateways behind HAProxy, one after the other, under a constant load of short
 * streams, and counts the requests that failed. Needs `haproxy` on the PATH (Debian's package).
 *
 *     deno task bench:restart -- --seconds 20 --rate 40 --kilobytes 100
 */
import { parseArgs } from "node:util";
import { demoConfig } from "../src/demo/config.ts";
import { startDemoServer } from "../src/demo/server.ts";
import {
  answers,
  freePort,
  type Gateway,
  pause,
  say,
  startGateway,
  streamOnce,
  until,
} from "./processes.ts";
import { haproxyConfig } from "../tests/support/haproxy.ts";

const { values } = parseArgs({
  args: Deno.args.filter((arg) => arg !== "--"),
  options: {
    seconds: { type: "string", default: "20" },
    rate: { type: "string", default: "40" },
    // Requests of Claude Code are larger than what HAProxy keeps to send again.
    kilobytes: { type: "string", default: "100" },
  },
});

const seconds = Number(values.seconds);
const rate = Number(values.rate);
const padding = "x".repeat(Number(values.kilobytes) * 1024);
const directory = await Deno.makeTempDir({ prefix: "switchyard_restart_" });
const demo = await startDemoServer();
const config = `${directory}/proxy.yaml`;
await Deno.writeTextFile(config, demoConfig(demo.port));
const ports = [freePort(), freePort()] as const;
const front = freePort();
await Deno.writeTextFile(
  `${directory}/haproxy.cfg`,
  await haproxyConfig({ front, gateways: ports }),
);

const gateways: Gateway[] = [];
for (const port of ports) gateways.push(await startGateway(config, port));
const haproxy = new Deno.Command("haproxy", {
  args: ["-f", `${directory}/haproxy.cfg`, "-db", "-q"],
  stdin: "null",
}).spawn();
let sent = 0;
let failed = 0;
let restarts = 0;
try {
  await until(() => answers(`http://127.0.0.1:${front}/readyz`));
  const url = `http://127.0.0.1:${front}/demo-chat/v1/messages`;
  const pending: Promise<void>[] = [];
  const end = performance.now() + seconds * 1000;
  const restarting = restartInTurn(end);
  while (performance.now() < end) {
    sent++;
    pending.push(
      streamOnce(url, `request ${sent} ${padding}`).then((whole) => {
        if (!whole) failed++;
      }),
    );
    await pause(1000 / rate);
  }
  await restarting;
  await Promise.all(pending);
} finally {
  haproxy.kill("SIGTERM");
  await haproxy.status;
  for (const gateway of gateways) await gateway.stop();
  await demo.shutdown();
  await Deno.remove(directory, { recursive: true });
}
say(`${sent} streams, ${restarts} restarts, ${failed} failed`);
Deno.exit(failed === 0 && restarts > 0 ? 0 : 1);

async function restartInTurn(end: number): Promise<void> {
  while (performance.now() < end - 2_000) {
    for (const [at, port] of ports.entries()) {
      await pause(500);
      await gateways[at]?.stop();
      gateways[at] = await startGateway(config, port);
      restarts++;
      // HAProxy takes a server back after two good checks.
      await pause(1_000);
    }
  }
}
