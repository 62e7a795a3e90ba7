import type { Config, LoggingConfig } from "../config/config.ts";
import { evaluateConfigFile } from "../config/files.ts";
import { ConfigStore } from "../config/store.ts";
import type { Overrides } from "../config/source.ts";
import { ConfigWatcher } from "../config/watch.ts";
import { type ConfigProblem, formatProblem } from "../errors.ts";
import { configureLog, getLogger } from "../log.ts";
import { PROCESS_RIGHTS, type ProcessRight } from "../target.ts";
import { stateDirectory } from "../usage/files.ts";
import { UsageJournal } from "../usage/journal.ts";
import { reachableHost, urlHost } from "../config/address.ts";
import { countOf, locateConfig } from "./config_file.ts";
import { withDemo } from "./demo_config.ts";
import type { CommandIo } from "./io.ts";
import type { ServedState, ServiceNotifier } from "./notify/notifier.ts";

const log = getLogger("serve");

const DAY_MS = 86_400_000;

/** Options of `switchyard serve`. */
export interface ServeOptions {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly logLevel?: LoggingConfig["level"] | undefined;
  readonly logFormat?: LoggingConfig["format"];
  readonly demo?: boolean | undefined;
  /** Told how the server is; undefined where no service manager asked. */
  readonly notifier?: ServiceNotifier | undefined;
}

/** A server that answers; it ends itself on SIGTERM and SIGINT. */
export interface RunningServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Settles once it has stopped and its streams have ended. */
  readonly finished: Promise<void>;
}

/** Starts the server on the store's live config; throws if it cannot listen. */
export type StartServer = (
  store: ConfigStore,
  /** Takes lines for the usage file. */
  addUsage?: (lines: string) => void,
) => RunningServer | Promise<RunningServer>;

/** Runs the server until it is told to stop; the exit code. */
export async function serve(
  options: ServeOptions,
  io: CommandIo,
  startServer: StartServer,
): Promise<number> {
  const { host, port, logLevel, logFormat, notifier } = options;
  const context: RunContext = { notifier, io, startServer };
  const overrides = { host, port, logLevel, logFormat };
  if (options.demo) return await serveDemo(overrides, context);
  const located = locateConfig(options.config);
  if (located.file === undefined) {
    io.err(located.message);
    return 1;
  }
  const { file } = located;
  const { config, problems } = await evaluateConfigFile(file, overrides);
  if (config === undefined) return refuse(file, problems, io);
  const onReplace = (next: Config) => {
    configureLog(next.logging);
    warnOfRights(config, next);
    notifier?.update();
  };
  const onHangup = (inStep: Promise<void>) => void notifier?.reload(inStep);
  return await run(config, context, async (store, finished) => {
    const watcher = new ConfigWatcher({ file, store, overrides, onReplace, onHangup });
    await watcher.start();
    await finished;
    await watcher.stop();
  });
}

/** Needs no file and no key: a model server of its own stands behind the targets. */
async function serveDemo(overrides: Overrides, context: RunContext): Promise<number> {
  return await withDemo(overrides, async ({ config, problems }) => {
    if (config === undefined) return refuse("demo", problems, context.io);
    const names = [...config.targets.keys()].join(", ");
    context.io.err(`Demo: a built-in model answers for the targets ${names}; Ctrl+C ends it`);
    return await run(config, context, (_store, finished) => finished);
  });
}

function refuse(file: string, problems: readonly ConfigProblem[], io: CommandIo): number {
  for (const problem of problems) io.err(formatProblem(file, problem));
  io.err(`Cannot start: ${file} has ${countOf(problems.length, "problem")}`);
  return 1;
}

interface RunContext {
  readonly notifier: ServiceNotifier | undefined;
  readonly io: CommandIo;
  readonly startServer: StartServer;
}

/** Starts the server, and waits until `whileRunning` is through, which follows `finished`. */
async function run(
  config: Config,
  { notifier, io, startServer }: RunContext,
  whileRunning: (store: ConfigStore, finished: Promise<void>) => Promise<void>,
): Promise<number> {
  configureLog(config.logging);
  const store = new ConfigStore(config);
  const journal = config.usage.enabled ? openJournal(store) : undefined;
  // To Deno, telling the service manager is writing too.
  giveUpRights(config, io, { writes: journal !== undefined || notifier !== undefined });
  let server: RunningServer;
  try {
    server = await startServer(store, journal?.add);
  } catch (error) {
    const { host, port } = config.listen;
    const reason = error instanceof Error ? error.message : String(error);
    io.err(`Cannot listen on ${host}, port ${port}: ${reason}`);
    return 1;
  }
  const running = whileRunning(store, server.finished);
  // After the watcher has begun to listen to SIGHUP, which the service manager may send at once.
  void notifier?.serve(servedState(store, server));
  await running;
  await journal?.close();
  await notifier?.close();
  return 0;
}

function servedState(store: ConfigStore, { address }: RunningServer): ServedState {
  const url = `http://${urlHost(reachableHost(address.host))}:${address.port}`;
  return {
    address,
    drainMs: store.current().listen.drainMs,
    status: () => {
      const served = `${countOf(store.current().targets.size, "target")} on ${url}`;
      const refused = store.error === null ? "" : "; the file as it is now was refused";
      return `Serving ${served}, generation ${store.generation} of the config${refused}`;
    },
  };
}

/** Other commands run programs; a target says so if it needs a right. */
function giveUpRights(
  config: Config,
  io: CommandIo,
  { writes }: { readonly writes: boolean },
): void {
  io.giveUp?.(
    PROCESS_RIGHTS.filter((right) => !needsRight(config, right) && !(right === "write" && writes)),
  );
}

function needsRight({ targets }: Config, right: ProcessRight): boolean {
  return targets.values().some(({ rights }) => rights?.includes(right));
}

/** What was given up at the start does not come back. */
function warnOfRights(first: Config, next: Config): void {
  const missing = PROCESS_RIGHTS.filter((right) =>
    needsRight(next, right) && !needsRight(first, right)
  );
  if (missing.length > 0) {
    log.warn("A target needs rights that were given up at the start: restart", { rights: missing });
  }
  if (next.usage.enabled && !first.usage.enabled) {
    log.warn("usage: it was off at the start; restart to keep it");
  }
}

/** The journal of usage, in the place that the live config names; undefined if there is none. */
function openJournal(store: ConfigStore): UsageJournal | undefined {
  const place = () => {
    const { enabled, path, keepDays } = store.current().usage;
    const directory = path ?? state;
    return enabled && directory !== undefined
      ? { directory, keepMs: keepDays * DAY_MS }
      : undefined;
  };
  const state = stateDirectory();
  if (place()) return new UsageJournal(place);
  log.warn("Usage is not kept: neither HOME nor STATE_DIRECTORY is set; name 'usage.path'");
  return undefined;
}
