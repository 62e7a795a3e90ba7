import { connect, requestBytes } from "../load_requests.ts";
import { freePort, pause, spawnGateway } from "../processes.ts";
import { interleave } from "../rounds.ts";
import type { Stage } from "../stage.ts";
import { median } from "../statistics.ts";
import { needsOwnGateway, type Report, type Work } from "./work.ts";

const STARTS_A_ROUND = 3;
const PATIENCE_MS = 30_000;
// The parser of YAML looks for switches in the environment.
const PERMISSIONS = ["--no-prompt", "--allow-net", "--allow-env"];

/** Time from the start of the process to its first answer. */
export const start: Work = {
  name: "start",
  about: "time from the start of the process to /healthz, beside a bare server",
  isDefault: true,
  obstacle: needsOwnGateway,
  run: measure,
};

/** Starts a process that answers on that port. */
type Spawn = (port: number) => Deno.ChildProcess;

async function measure(stage: Stage, report: Report): Promise<void> {
  const config = await stage.writeConfig("start");
  const gateway: Spawn = (port) => spawnGateway(config, port);
  const bare = await prepareBare(stage);
  if (!bare) report.note("start: the bare server could not be compiled, so it is not measured");
  const { base, own } = await interleave(
    stage.options.rounds * STARTS_A_ROUND,
    async () => bare ? await timeToAnswer(bare) : NaN,
    () => timeToAnswer(gateway),
  );
  report.row({
    work: "start to /healthz (left: bare server)",
    unit: "ms",
    base: bare ? median(base) : undefined,
    gateway: median(own),
    results: own,
    resultUnit: "ms",
    // The promise is about the binary.
    limit: stage.binary === undefined ? undefined : 100,
  });
}

/** The bare server in the form that the gateway has: from source, or compiled. */
async function prepareBare(stage: Stage): Promise<Spawn | undefined> {
  const source = new URL("../bare.ts", import.meta.url).pathname;
  if (stage.binary === undefined) {
    const args = ["run", "--no-lock", ...PERMISSIONS, source];
    return (port) => spawn(Deno.execPath(), [...args, `${port}`]);
  }
  const bundle = stage.path("bare_server.js");
  // Binaries of one name share one code cache and would drop each other's from it.
  const binary = stage.path("bare_server");
  const steps = [
    ["bundle", "--quiet", "--platform=deno", "-o", bundle, source],
    ["compile", "--quiet", "--no-check", "--no-lock", ...PERMISSIONS, "-o", binary, bundle],
  ];
  for (const args of steps) {
    const { success } = await spawn(Deno.execPath(), args).status;
    if (!success) return undefined;
  }
  return (port) => spawn(binary, [`${port}`]);
}

function spawn(command: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(command, {
    args: [...args],
    cwd: new URL("../../", import.meta.url),
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

async function timeToAnswer(spawnServer: Spawn): Promise<number> {
  const port = freePort();
  const start = performance.now();
  const child = spawnServer(port);
  let hasEnded = false;
  const end = child.status.then(() => hasEnded = true);
  try {
    while (!await isHealthy(port)) {
      if (hasEnded || performance.now() - start > PATIENCE_MS) {
        throw new Error("Cannot measure: a server did not start");
      }
      await pause(1);
    }
    return performance.now() - start;
  } finally {
    if (!hasEnded) child.kill("SIGKILL");
    await end;
  }
}

async function isHealthy(port: number): Promise<boolean> {
  const endpoint = { url: `http://127.0.0.1:${port}/healthz`, headers: [] };
  try {
    const connection = await connect(endpoint);
    await connection.send(requestBytes(endpoint));
    const head = await connection.readHead();
    connection.close();
    return head?.startsWith("http/1.1 200") === true;
  } catch {
    return false;
  }
}
