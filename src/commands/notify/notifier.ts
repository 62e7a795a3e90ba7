import { getLogger } from "../../log.ts";
import { MonotonicClock } from "./monotonic.ts";
import { answers, type ServerAddress } from "./probe.ts";
import { type NotifySocket, openNotifySocket } from "./socket.ts";

const log = getLogger("service");

/** Signals that end the server, whose drain the service manager has to wait for. */
const STOP_SIGNALS: readonly Deno.Signal[] = ["SIGTERM", "SIGINT"];

/** A probe of the own port takes a millisecond, unless the machine is in trouble. */
const PROBE_TIMEOUT_MS = 5_000;

/** Between two looks at a port that does not answer yet. */
const PROBE_PAUSE_MS = 200;

/** What a drained server may take to end, on top of `listen.drain`. */
const AFTER_DRAIN_MS = 5_000;

/** A running server, as the service manager should see it. */
export interface ServedState {
  readonly address: ServerAddress;
  /** Longest time that streams get to finish, in ms. */
  readonly drainMs: number;
  /** One line for people, asked for whenever there is something to say. */
  readonly status: () => string;
}

/** How a notifier speaks, and how often. */
export interface NotifierOptions {
  readonly socket: NotifySocket;
  /** Without a sign of life for so long, the service manager kills the process. */
  readonly watchdogMs?: number | undefined;
  /** Asks the own port how it is; replaced in tests. */
  readonly probe?: typeof answers;
}

/**
 * Opens what tells the service manager how the server is; undefined where nobody wants to know, or
 * they cannot be told, which `warn` gets to know: there is no log yet.
 *
 * @see {@link https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html}
 */
export function openNotifier(
  warn: (message: string) => void,
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): ServiceNotifier | undefined {
  const address = env("NOTIFY_SOCKET");
  if (!address) return undefined;
  try {
    return new ServiceNotifier({ socket: openNotifySocket(address), watchdogMs: watchdogOf(env) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    warn(`Cannot tell the service manager on '${address}' ($NOTIFY_SOCKET): ${reason}`);
    return undefined;
  }
}

/** The watchdog may be meant for another process, which handed its environment on. */
function watchdogOf(env: (name: string) => string | undefined): number | undefined {
  const pid = env("WATCHDOG_PID");
  const usec = Number(env("WATCHDOG_USEC"));
  if (!(usec > 0) || (pid && Number(pid) !== Deno.pid)) return undefined;
  return usec / 1_000;
}

/** Tells the service manager when the server is ready, reloads, stops, and that it is alive. */
export class ServiceNotifier {
  readonly #socket: NotifySocket;
  readonly #probe: typeof answers;
  readonly #watchdogMs: number | undefined;
  readonly #clock = new MonotonicClock();
  readonly #onStop = () => this.#stopping();
  #served: ServedState | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #isReady = false;
  #isStopping = false;
  #isClosed = false;

  constructor({ socket, watchdogMs, probe = answers }: NotifierOptions) {
    this.#probe = probe;
    this.#socket = socket;
    this.#watchdogMs = watchdogMs;
  }

  /** Says `READY=1` once the port answers, and from then on that the server is alive. */
  async serve(served: ServedState): Promise<void> {
    this.#served = served;
    for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, this.#onStop);
    while (!this.#isOver && !await this.#probe(served.address, PROBE_TIMEOUT_MS)) {
      await new Promise((resolve) => this.#pause = setTimeout(resolve, PROBE_PAUSE_MS));
    }
    if (this.#isOver) return;
    this.#isReady = true;
    this.#socket.send(["READY=1", this.#statusLine()]);
    if (this.#watchdogMs === undefined) return;
    this.#heartbeat = setInterval(() => void this.#beat(), this.#watchdogMs / 2);
  }

  /** Says `RELOADING=1`, and `READY=1` again once the config is in step with its file. */
  async reload(inStep: Promise<void>): Promise<void> {
    if (!this.#isReady) return;
    this.#socket.send(["RELOADING=1", ...this.#timeLine()]);
    await inStep;
    if (!this.#isOver) this.#socket.send(["READY=1", this.#statusLine()]);
  }

  /** Says again what the server is doing. */
  update(): void {
    if (this.#isReady && !this.#isOver) this.#socket.send([this.#statusLine()]);
  }

  /** Falls silent; settles once everything said has left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#pause);
    if (this.#served !== undefined) {
      for (const signal of STOP_SIGNALS) Deno.removeSignalListener(signal, this.#onStop);
    }
    await this.#socket.close();
  }

  get #isOver(): boolean {
    return this.#isStopping || this.#isClosed;
  }

  #statusLine(): string {
    return `STATUS=${(this.#served?.status() ?? "").replaceAll("\n", " ")}`;
  }

  /** Only `Type=notify-reload` needs it, and only a process with the right to it can tell. */
  #timeLine(): readonly string[] {
    try {
      return [`MONOTONIC_USEC=${this.#clock.usec()}`];
    } catch (error) {
      log.debug("The service manager is not told the time", { error });
      return [];
    }
  }

  /** The port is closed while streams drain, so then it is enough that this code still runs. */
  async #beat(): Promise<void> {
    const { address } = this.#served ?? {};
    if (address === undefined) return;
    const isAlive = this.#isStopping ||
      await this.#probe(address, Math.min(PROBE_TIMEOUT_MS, (this.#watchdogMs ?? 0) / 2));
    if (this.#isClosed) return;
    if (isAlive || this.#isStopping) this.#socket.send(["WATCHDOG=1"]);
    else log.warn("The own port does not answer; the service manager is not told to go on");
  }

  #stopping(): void {
    if (this.#isOver) return;
    this.#isStopping = true;
    const patienceUsec = ((this.#served?.drainMs ?? 0) + AFTER_DRAIN_MS) * 1_000;
    this.#socket.send([
      "STOPPING=1",
      "STATUS=Waiting for open requests to end",
      `EXTEND_TIMEOUT_USEC=${patienceUsec}`,
    ]);
  }
}
