import type { Argument, Command, Option } from "commander";

/** A word that could stand where the cursor is. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** What fits: words, or the names of files, which the shell knows best. */
export type Completion = readonly Candidate[] | "files";

/** Where words come from that the command line itself does not know. */
export interface CompletionSources {
  /** Names of the targets, of the config file that the line names if it does. */
  readonly targets: (config: string | undefined) => readonly string[];
}

/**
 * Finds what could stand in place of the last word, which is begun or empty, behind the others.
 *
 * It reads commands, options and choices off the program itself, so it cannot fall behind it.
 */
export function complete(
  program: Command,
  words: readonly string[],
  sources: CompletionSources,
): Completion {
  // bash hands `--shell=fish` over as three words.
  const line = words.filter((word, at) => word !== "=" || at === words.length - 1);
  const last = line.at(-1) ?? "";
  const current = last === "=" ? "" : last;
  const place = walk(program, line.slice(0, -1));
  const completion = fitting(place, current, sources);
  if (completion === "files") return completion;
  return completion.filter(({ word }) => word.startsWith(current));
}

/** What the words before the cursor come to. */
interface Place {
  readonly program: Command;
  readonly command: Command;
  /** An option whose value comes next. */
  readonly awaiting: Option | undefined;
  /** How many arguments there are already. */
  readonly argumentCount: number;
  readonly config: string | undefined;
}

function walk(program: Command, words: readonly string[]): Place {
  let command = program;
  let awaiting: Option | undefined;
  let argumentCount = 0;
  let config: string | undefined;
  for (const word of words) {
    const subcommand = command.commands.find((one) => one.name() === word);
    if (awaiting !== undefined) {
      if (awaiting.long === "--config") config = word;
      awaiting = undefined;
    } else if (word.startsWith("-")) {
      const [name, value] = word.split(/=(.*)/s);
      const option = optionsOf(program, command).find(({ short, long }) =>
        name === short || name === long
      );
      if (option?.long === "--config") config = value;
      awaiting = option?.required && value === undefined ? option : undefined;
    } else if (subcommand !== undefined && argumentCount === 0) {
      command = subcommand;
    } else {
      argumentCount++;
    }
  }
  return { program, command, awaiting, argumentCount, config };
}

function fitting(place: Place, current: string, sources: CompletionSources): Completion {
  const { program, command, awaiting, argumentCount, config } = place;
  if (awaiting !== undefined) return valuesOf(awaiting);
  const [name = "", begun] = current.split(/=(.*)/s);
  if (current.startsWith("-") && begun !== undefined) {
    const option = optionsOf(program, command).find(({ long }) => long === name);
    const values = option === undefined ? [] : valuesOf(option);
    return values === "files" ? values : values.map(({ word, description }) => ({
      word: `${name}=${word}`,
      description,
    }));
  }
  if (current.startsWith("-")) return optionsOf(program, command).map(ofOption);
  const argument = command.registeredArguments[argumentCount];
  if (argument !== undefined) return ofArgument(argument, sources, config);
  if (command.name() === "help") return visibleCommands(program);
  return argumentCount === 0 ? visibleCommands(command) : [];
}

/** Without a command, the options are those of the default one too. */
function optionsOf(program: Command, command: Command): readonly Option[] {
  const commands = command === program ? [program, ...defaultCommand(program)] : [command];
  const options = commands.flatMap((one) => [...one.createHelp().visibleOptions(one)]);
  return options.filter(({ long }, at) => options.findIndex((one) => one.long === long) === at);
}

function defaultCommand(program: Command): readonly Command[] {
  return program.commands.filter((one) => one.name() === "serve");
}

function visibleCommands(command: Command): readonly Candidate[] {
  return command.createHelp().visibleCommands(command).map((one) => ({
    word: one.name(),
    description: one.summary() || one.description(),
  }));
}

function ofOption({ long, short, description }: Option): Candidate {
  return { word: long ?? short ?? "", description };
}

function valuesOf({ argChoices, flags }: Option): Completion {
  if (argChoices !== undefined) return argChoices.map((word) => ({ word, description: "" }));
  return flags.includes("<path>") ? "files" : [];
}

function ofArgument(
  argument: Argument,
  { targets }: CompletionSources,
  config: string | undefined,
): Completion {
  if (argument.argChoices !== undefined) {
    return argument.argChoices.map((word) => ({ word, description: "" }));
  }
  if (argument.name() === "target") {
    return targets(config).map((word) => ({ word, description: "target" }));
  }
  return argument.name() === "path" ? "files" : [];
}
