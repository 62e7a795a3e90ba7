/** Processes and ports that the scripts in this folder share. */

const ROOT = new URL("../", import.meta.url);

/** A running gateway. */
export interface Gateway {
  readonly port: number;
  readonly pid: number;
  /** Sends SIGTERM and waits for the end; the exit code. */
  stop(): Promise<number>;
}

/** A port of this machine that is free now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Path of the binary that is run in place of the source, if one is wanted. */
export function gatewayBinary(): string | undefined {
  return Deno.env.get("SWITCHYARD_BINARY") || undefined;
}

/** Starts a gateway on a config file, the binary if `SWITCHYARD_BINARY` names one. */
export function spawnGateway(config: string, port: number): Deno.ChildProcess {
  const binary = gatewayBinary();
  const flags = ["--no-prompt", "--allow-net", "--allow-env", "--allow-read", "--allow-write"];
  const args = ["serve", "--config", config, "--port", String(port), "--log-level", "error"];
  return new Deno.Command(binary ?? Deno.execPath(), {
    args: binary ? args : ["run", ...flags, "main.ts", ...args],
    cwd: ROOT,
    // Usage is kept, as for a user, but not among his.
    env: { STATE_DIRECTORY: `${config}.usage` },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

/** Starts a gateway on a config file and waits until it serves. */
export async function startGateway(config: string, port: number): Promise<Gateway> {
  const child = spawnGateway(config, port);
  const ended = child.status.then(({ code }) => {
    throw new Error(`Cannot go on: the gateway ended with exit code ${code}`);
  });
  // After the start its end is no failure.
  ended.catch(() => {});
  await Promise.race([until(() => answers(`http://127.0.0.1:${port}/readyz`)), ended]);
  return {
    port,
    pid: child.pid,
    async stop(): Promise<number> {
      child.kill("SIGTERM");
      return (await child.status).code;
    },
  };
}

/** Waits until a condition holds, at most 30 seconds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error("Cannot go on: waited for 30 s");
    await pause(20);
  }
}

/** True if the URL answers with 200. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** Prints a line of the result. */
export function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Resident memory of a process in MiB; open file descriptors. */
export function usage(pid: number): { readonly rssMib: number; readonly files: number } {
  const rssMib = Math.round(rssKib(pid) / 1024);
  return { rssMib, files: [...Deno.readDirSync(`/proc/${pid}/fd`)].length };
}

/** Resident memory of a process in KiB. */
export function rssKib(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
}

/** A streamed request to the demo model; true if the message came whole. */
export async function streamOnce(url: string, prompt: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "claude-sonnet-4-5",
        max_tokens: 200,
        stream: true,
        messages: [{ role: "user", content: prompt }],
      }),
    });
    const text = await response.text();
    return response.status === 200 && text.trimEnd().endsWith('data: {"type":"message_stop"}');
  } catch {
    return false;
  }
}
