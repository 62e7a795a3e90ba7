import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { CheckOptions } from "./commands/check.ts";
import type { CompletedShell } from "./commands/completions/scripts.ts";
import type { DoctorOptions } from "./commands/doctor.ts";
import type { EnvOptions, Shell } from "./commands/env.ts";
import type { HealthOptions } from "./commands/health.ts";
import { type CommandIo, processIo } from "./commands/io.ts";
import type { ServiceNotifier } from "./commands/notify/notifier.ts";
// Not on demand as the others: the compiled binary caches the code of what the first import after
// its start loads, whatever the command was, and never that of a later one (Deno 2.7.11).
import { serve, type ServeOptions } from "./commands/serve.ts";
import type { ServiceAction, ServiceOptions } from "./commands/service.ts";
import type { UsageOptions } from "./commands/usage.ts";
import { parseDuration } from "./config/units.ts";
import { LOG_LEVELS } from "./log.ts";
import { startServer } from "./server/serve.ts";
import { VERSION } from "./version.ts";

/** Exit code of a command line that makes no sense. */
const WRONG_USAGE = 2;

/** Listed here, so that `--help` does not have to load the commands. */
const SHELL_NAMES: readonly Shell[] = ["sh", "fish", "powershell"];
const COMPLETED_SHELL_NAMES: readonly CompletedShell[] = ["bash", "zsh", "fish"];

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
  if (program.commands.some((command) => command.name() === word)) return undefined;
  const names = program.createHelp().visibleCommands(program).map((command) => command.name());
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
  addDoctor(program, io, finish);
  addService(program, io, finish);
  addSchema(program, io, finish);
  addHealth(program, io, finish);
  addUsage(program, io, finish);
  addCompletions(program, io, finish);
  for (const command of program.commands) {
    for (const one of [command, ...command.commands]) configure(one, io);
  }
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
      const notifier = await openNotifier(io);
      finish(await serve({ ...options, notifier }, io, startServer));
    });
}

/** Loaded only where a service manager waits for news. */
async function openNotifier({ err }: CommandIo): Promise<ServiceNotifier | undefined> {
  if (!Deno.env.get("NOTIFY_SOCKET")) return undefined;
  return (await import("./commands/notify/notifier.ts")).openNotifier(err);
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

function addDoctor(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program.command("doctor")
    .summary("send real request shapes to a target and print what works")
    .description(
      "Sends about twenty-five real request shapes to the live target and prints what works, what " +
        "is dropped and how long it takes, and the quirks that its profile lacks. It costs tokens.",
    )
    .argument("<target>", "name of a target")
    .addOption(configOption())
    .option("--demo", "examine a target of the built-in demo; needs no config file and no key")
    .option("--only <names>", "shapes to send, with commas between them", parseNames)
    .option("--model <name>", "model to ask for, where the target does not name one")
    .option("--key <number>", "which of the target's keys to use, the first is 1", parseCount)
    .option("--timeout <duration>", "longest time for one answer, such as 90s", parseTimeout)
    .option("--json", "print JSON")
    .action(async (target: string, options: DoctorFlags) => {
      const { doctor } = await import("./commands/doctor.ts");
      finish(await doctor({ ...options, target, timeoutMs: options.timeout }, io));
    });
}

/** Options as the command line spells them. */
type DoctorFlags = Omit<DoctorOptions, "target" | "timeoutMs"> & {
  readonly timeout?: number | undefined;
};

function parseNames(text: string): readonly string[] {
  return text.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError("It must be a number from 1.");
  return Number(text);
}

function parseTimeout(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds === 0) {
    throw new InvalidArgumentError("It must be a duration such as 90s or 2m.");
  }
  return milliseconds;
}

/** What `switchyard service` can do, and the words for it in its help. */
const SERVICE_ACTIONS: readonly (readonly [ServiceAction, string])[] = [
  ["install", "write the service file, start the service now and with the machine"],
  ["print", "print the service file that install would write"],
  ["status", "show whether the service runs"],
  ["uninstall", "stop the service and remove its file"],
];

function addService(program: Command, io: CommandIo, finish: (code: number) => void): void {
  const group = program.command("service")
    .summary("run the server as a service of this machine")
    .description("Runs the server as a service: of systemd on Linux, of launchd on macOS.");
  for (const [action, summary] of SERVICE_ACTIONS) {
    const command = group.command(action).summary(summary)
      .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
      .option("--system", "for the whole machine instead of for you; needs root")
      .action(async (options: Omit<ServiceOptions, "action">) => {
        const { service } = await import("./commands/service.ts");
        finish(await service({ ...options, action }, io));
      });
    if (action !== "install" && action !== "print") continue;
    command.addOption(configOption())
      .option("--env-file <path>", "file of NAME=value lines, for the keys");
  }
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

function addCompletions(program: Command, io: CommandIo, finish: (code: number) => void): void {
  program.command("completions")
    .summary("print the completions for a shell")
    .description("Prints a script for the shell: source <(switchyard completions bash)")
    .addArgument(new Argument("<shell>", "shell to complete in").choices(COMPLETED_SHELL_NAMES))
    .action(async (shell: CompletedShell) => {
      const { completions } = await import("./commands/completions.ts");
      finish(completions(shell, io));
    });
  // What those scripts call with the words of the line; nothing for people.
  program.command("complete", { hidden: true })
    .argument("[words...]")
    .action(async (words: string[]) => {
      const { printCandidates } = await import("./commands/completions.ts");
      finish(printCandidates(program, words, io));
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
