import type { Config, LoggingConfig } from "../config/config.ts";
import { evaluateConfigFile } from "../config/files.ts";
import { evaluateConfig } from "../config/load.ts";
import { ConfigStore } from "../config/store.ts";
import type { Sources } from "../config/substitute.ts";
import { ConfigWatcher } from "../config/watch.ts";
import { type ConfigProblem, formatProblem } from "../errors.ts";
import { configureLog, getLogger } from "../log.ts";
import { PROCESS_RIGHTS, type ProcessRight } from "../target.ts";
import { countOf, locateConfig } from "./config_file.ts";
import type { CommandIo } from "./io.ts";

const log = getLogger("config");

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
export type StartServer = (store: ConfigStore) => RunningServer | Promise<RunningServer>;

/** Runs the server until it is told to stop; the exit code. */
export async function serve(
  options: ServeOptions,
  io: CommandIo,
  startServer: StartServer,
): Promise<number> {
  const overrides = { host: options.host, port: options.port };
  if (options.demo) return await serveDemo(options, io, startServer);
  const located = locateConfig(options.config);
  if (located.file === undefined) {
    io.err(located.message);
    return 1;
  }
  const { file } = located;
  const { config, problems } = await evaluateConfigFile(file, overrides);
  if (config === undefined) return refuse(file, problems, io);
  const onReplace = (next: Config) => {
    applyLogging(next.logging, options);
    warnOfRights(config, next);
  };
  return await run(config, { options, io, startServer }, async (store, finished) => {
    const watcher = new ConfigWatcher({ file, store, overrides, onReplace });
    await watcher.start();
    await finished;
    await watcher.stop();
  });
}

/** Needs no file and no key: a model server of its own stands behind the targets. */
async function serveDemo(
  options: ServeOptions,
  io: CommandIo,
  startServer: StartServer,
): Promise<number> {
  const [{ startDemoServer }, { demoConfig }] = await Promise.all([
    import("../demo/server.ts"),
    import("../demo/config.ts"),
  ]);
  const demo = await startDemoServer();
  try {
    const { host, port } = options;
    const text = demoConfig(demo.port);
    const { config, problems } = await evaluateConfig(text, NO_SOURCES, { host, port });
    if (config === undefined) return refuse("demo", problems, io);
    const names = [...config.targets.keys()].join(", ");
    io.err(`Demo: a built-in model answers for the targets ${names}; Ctrl+C ends it`);
    return await run(config, { options, io, startServer }, (_store, finished) => finished);
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
  readonly options: ServeOptions;
  readonly io: CommandIo;
  readonly startServer: StartServer;
}

/** Starts the server, and waits until `whileRunning` is through, which follows `finished`. */
async function run(
  config: Config,
  { options, io, startServer }: RunContext,
  whileRunning: (store: ConfigStore, finished: Promise<void>) => Promise<void>,
): Promise<number> {
  applyLogging(config.logging, options);
  // The commands that write are others; a target says so if it needs a right.
  io.giveUp?.(PROCESS_RIGHTS.filter((right) => !needsRight(config, right)));
  const store = new ConfigStore(config);
  let server: RunningServer;
  try {
    server = await startServer(store);
  } catch (error) {
    const { host, port } = config.listen;
    const reason = error instanceof Error ? error.message : String(error);
    io.err(`Cannot listen on ${host}, port ${port}: ${reason}`);
    return 1;
  }
  await whileRunning(store, server.finished);
  return 0;
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
}

/** The command line wins over the file, also after a reload. */
function applyLogging(logging: LoggingConfig, { logLevel, logFormat }: ServeOptions): void {
  configureLog({ level: logLevel ?? logging.level, format: logFormat ?? logging.format });
}
