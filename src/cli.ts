import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { CheckOptions } from "./commands/check.ts";
import type { EnvOptions, Shell } from "./commands/env.ts";
import type { HealthOptions } from "./commands/health.ts";
import { type CommandIo, processIo } from "./commands/io.ts";
import type { ServeOptions } from "./commands/serve.ts";
import type { UsageOptions } from "./commands/usage.ts";
import { LOG_LEVELS } from "./log.ts";
import { VERSION } from "./version.ts";

/** Exit code of a command line that makes no sense. */
const WRONG_USAGE = 2;

/** Listed here, so that `--help` does not have to load the command. */
const SHELL_NAMES: readonly Shell[] = ["sh", "fish", "powershell"];

/**
 * Runs the program with the given arguments.
 *
 * Results go to `io.out`, messages for people to `io.err`. The exit code is 0 if all is fine, 1 for
 * a problem that the message explains, 2 for wrong usage.
 */
export async function runCli(
  args: readonly string[],
  io: CommandIo = processIo,
): Promise<number> {
  let code = 0;
  const program = buildProgram(io, (result) => code = result);
  // `deno task start -- --port 1` passes the separator on.
  const words = args[0] === "--" ? args.slice(1) : args;
  const unknown = findUnknownCommand(program, words);
  if (unknown !== undefined) {
    io.err(unknown);
    return WRONG_USAGE;
  }
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    // Everything that commander refuses is wrong usage; it has said so already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
    io.err(`switchyard: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  return code;
}

/** Without this, the default command would complain about a surplus argument. */
function findUnknownCommand(program: Command, [word]: readonly string[]): string | undefined {
  if (word === undefined || word.startsWith("-")) return undefined;
  const names = [...program.commands.map((command) => command.name()), "help"];
  if (names.includes(word)) return undefined;
  return `switchyard: there is no command '${word}'; known are ${names.join(", ")}`;
}

function buildProgram(io: CommandIo, finish: (code: number) => void): Command {
  const program = configure(new Command("switchyard"), io)
    .description("Gateway that lets Claude Code and other Anthropic clients use any model.")
    .usage("[command] [options]")
    .helpCommand("help [command]", "print help for a command");
  addServe(program, io, finish);
  addCheck(program, io, finish);
  addInit(program, io, finish);
  addEnv(program, io, finish);
  addSchema(program, io, finish);
  addHealth(program, io, finish);
  addUsage(program, io, finish);
  for (const command of program.commands) configure(command, io);
  return program;
}

/** What the program and every command have in common. */
function configure(command: Command, io: CommandIo): Command {
  return command
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError("(try --help)")
    .exitOverride();
}

function configOption(): Option {
  return new Option("-c, --config <path>", "config file");
}

function addServe(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program.command("serve", { isDefault: true })
    .summary("run the server (what happens without a command)")
    .description("Runs the server. The config is loaded again whenever its file changes.")
    .addOption(configOption())
    .option("--host <host>", "address to listen on, instead of listen.host")
    .option("--port <port>", "port to listen on, instead of listen.port", parsePort)
    .addOption(new Option("--log-level <level>", "least severe level").choices(LOG_LEVELS))
    .addOption(new Option("--log-format <format>", "format of the log").choices(["text", "json"]))
    .option("--demo", "serve a built-in model; needs no config file and no key")
    .action(async (options: ServeOptions) => {
      const { serve } = await import("./commands/serve.ts");
      const { startServer } = await import("./server/serve.ts");
      finish(await serve(options, io, startServer));
    });
}

function addCheck(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program.command("check")
    .summary("check the config file")
    .description("Loads the config as serve would; prints its targets, or every problem.")
    .addOption(configOption())
    .option("--json", "print JSON")
    .action(async (options: CheckOptions) => {
      const { check } = await import("./commands/check.ts");
      finish(await check(options, io));
    });
}

function addInit(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program.command("init")
    .summary("write a commented example config")
    .description("Writes a commented example config where no file stands; never overwrites.")
    .addArgument(new Argument("[path]", "file to write").default("./proxy.yaml"))
    .action(async (path: string) => {
      const { init } = await import("./commands/init.ts");
      finish(init(path, io));
    });
}

function addEnv(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program.command("env")
    .summary("print the variables that point Claude Code at a target")
    .description('Prints variables for Claude Code: eval "$(switchyard env deepseek)"')
    .argument("<target>", "name of a target")
    .addOption(configOption())
    .addOption(new Option("--shell <shell>", "syntax to print").choices(SHELL_NAMES).default("sh"))
    .action(async (target: string, options: Omit<EnvOptions, "target">) => {
      const { env } = await import("./commands/env.ts");
      finish(await env({ ...options, target }, io));
    });
}

function addSchema(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program.command("schema")
    .summary("print the JSON Schema of the config file, for editors")
    .description("Prints the JSON Schema of the config file; editors check and complete with it.")
    .action(async () => {
      const { schema } = await import("./commands/schema.ts");
      finish(schema(io));
    });
}

function addHealth(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program.command("health")
    .summary("ask a running server whether it is well")
    .description("Asks a running server for its /healthz; for the health checks of containers.")
    .option("--host <host>", "address of the server", "127.0.0.1")
    .option("--port <port>", "port of the server", parsePort, 8787)
    .action(async (options: HealthOptions) => {
      const { health } = await import("./commands/health.ts");
      finish(await health(options, io));
    });
}

function addUsage(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program.command("usage")
    .summary("print what requests used: tokens and cost")
    .description("Prints tokens and cost of requests by day, target, key or model, of local days.")
    .addOption(configOption())
    .option("--since <time>", "7d (today and six days before), 24h, 2026-11-22, …", "7d")
    .option("--until <time>", "2026-11-22 (this day included), 2026-11-22T08:00, 24h (ago)")
    .option("--by <what>", "day, target, key, model, or several with commas", parseGroupings, [
      "day",
    ])
    .option("--path <directory>", "directory of the usage files, instead of usage.path")
    .addOption(new Option("--json", "print JSON").conflicts("csv"))
    .option("--csv", "print CSV")
    .action(async (options: UsageOptions) => {
      const { usage } = await import("./commands/usage.ts");
      finish(await usage(options, io));
    });
}

/** Listed here, so that `--help` does not have to load the command. */
const GROUPING_NAMES: UsageOptions["by"] = ["day", "target", "key", "model"];

function parseGroupings(text: string): UsageOptions["by"] {
  return [...new Set(text.split(","))].map((word) => {
    const known = GROUPING_NAMES.find((name) => name === word);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`It must be of ${GROUPING_NAMES.join(", ")}.`);
  });
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65535)) throw new InvalidArgumentError("It must be a number from 0 to 65535.");
  return port;
}
