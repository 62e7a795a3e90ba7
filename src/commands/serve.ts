import type { Config, LoggingConfig } from "../config/config.ts";
import { evaluateConfigFile } from "../config/files.ts";
import { evaluateConfig } from "../config/load.ts";
import { ConfigStore } from "../config/store.ts";
import type { Overrides } from "../config/source.ts";
import type { Sources } from "../config/substitute.ts";
import { ConfigWatcher } from "../config/watch.ts";
import { type ConfigProblem, formatProblem } from "../errors.ts";
import { configureLog, getLogger } from "../log.ts";
import { stateDirectory } from "../usage/files.ts";
import { UsageJournal } from "../usage/journal.ts";
import { countOf, locateConfig } from "./config_file.ts";
import type { CommandIo } from "./io.ts";

const log = getLogger("usage");

const DAY_MS = 86_400_000;

/** Options of `switchyard serve`. */
export interface ServeOptions {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly logLevel?: LoggingConfig["level"] | undefined;
  readonly logFormat?: LoggingConfig["format"];
  readonly demo?: boolean | undefined;
}

/** The demo's config names neither variables nor files. */
const NO_SOURCES: Sources = {
  env: () => undefined,
  file: () => {
    throw new Error("the demo reads no files");
  },
};

/** A server that answers; it ends itself on SIGTERM and SIGINT. */
export interface RunningServer {
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
  const { host, port, logLevel, logFormat } = options;
  const overrides = { host, port, logLevel, logFormat };
  if (options.demo) return await serveDemo(overrides, io, startServer);
  const located = locateConfig(options.config);
  if (located.file === undefined) {
    io.err(located.message);
    return 1;
  }
  const { file } = located;
  const { config, problems } = await evaluateConfigFile(file, overrides);
  if (config === undefined) return refuse(file, problems, io);
  const onReplace = ({ logging, usage }: Config) => {
    configureLog(logging);
    if (usage.enabled && !config.usage.enabled) {
      log.warn("usage: it was off at the start; restart to keep it");
    }
  };
  return await run(config, { io, startServer }, async (store, finished) => {
    const watcher = new ConfigWatcher({ file, store, overrides, onReplace });
    await watcher.start();
    await finished;
    await watcher.stop();
  });
}

/** Needs no file and no key: a model server of its own stands behind the targets. */
async function serveDemo(
  overrides: Overrides,
  io: CommandIo,
  startServer: StartServer,
): Promise<number> {
  const [{ startDemoServer }, { demoConfig }] = await Promise.all([
    import("../demo/server.ts"),
    import("../demo/config.ts"),
  ]);
  const demo = await startDemoServer();
  try {
    const text = demoConfig(demo.port);
    const { config, problems } = await evaluateConfig(text, NO_SOURCES, overrides);
    if (config === undefined) return refuse("demo", problems, io);
    const names = [...config.targets.keys()].join(", ");
    io.err(`Demo: a built-in model answers for the targets ${names}; Ctrl+C ends it`);
    return await run(config, { io, startServer }, (_store, finished) => finished);
  } finally {
    await demo.shutdown();
  }
}

function refuse(file: string, problems: readonly ConfigProblem[], io: CommandIo): number {
  for (const problem of problems) io.err(formatProblem(file, problem));
  io.err(`Cannot start: ${file} has ${countOf(problems.length, "problem")}`);
  return 1;
}

interface RunContext {
  readonly io: CommandIo;
  readonly startServer: StartServer;
}

/** Starts the server, and waits until `whileRunning` is through, which follows `finished`. */
async function run(
  config: Config,
  { io, startServer }: RunContext,
  whileRunning: (store: ConfigStore, finished: Promise<void>) => Promise<void>,
): Promise<number> {
  configureLog(config.logging);
  const store = new ConfigStore(config);
  const journal = config.usage.enabled ? openJournal(store) : undefined;
  if (!journal) io.giveUpWriting?.();
  let server: RunningServer;
  try {
    server = await startServer(store, journal?.add);
  } catch (error) {
    const { host, port } = config.listen;
    const reason = error instanceof Error ? error.message : String(error);
    io.err(`Cannot listen on ${host}, port ${port}: ${reason}`);
    return 1;
  }
  await whileRunning(store, server.finished);
  await journal?.close();
  return 0;
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
