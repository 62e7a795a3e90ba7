import type { Config } from "../config/config.ts";
import { evaluateConfigFile } from "../config/files.ts";
import { costOf, pickShapes, SHAPES } from "../doctor/shapes.ts";
import { examine } from "../doctor/examine.ts";
import {
  countResults,
  quirksBlock,
  type Report,
  type Row,
  toJson,
  toTable,
} from "../doctor/report.ts";
import type { Shape } from "../doctor/shape.ts";
import { type ConfigProblem, formatProblem } from "../errors.ts";
import { redact } from "../log.ts";
import { upstreamModel } from "../target.ts";
import type { Target } from "../target.ts";
import { countOf, locateConfig } from "./config_file.ts";
import { withDemo } from "./demo_config.ts";
import type { CommandIo } from "./io.ts";

/** Options of `switchyard doctor`. */
export interface DoctorOptions {
  readonly target: string;
  readonly config?: string | undefined;
  readonly demo?: boolean | undefined;
  /** Names of shapes; all by default. */
  readonly only?: readonly string[] | undefined;
  /** Model that the client names; the target's own by default. */
  readonly model?: string | undefined;
  /** Which of the target's keys to use, counted from 1; by default as the server does. */
  readonly key?: number | undefined;
  /** For each answer; a minute by default. */
  readonly timeoutMs?: number | undefined;
  readonly json?: boolean | undefined;
}

const TIMEOUT_MS = 60_000;

/** Exit code of a command line that makes no sense. */
const WRONG_USAGE = 2;

/** Sends real request shapes to a live target and prints what works; the exit code. */
export async function doctor(options: DoctorOptions, io: CommandIo): Promise<number> {
  const { shapes, unknown } = options.only ? pickShapes(options.only) : allShapes();
  if (unknown.length > 0) {
    const known = SHAPES.map(({ name }) => name).join(", ");
    io.err(`There is no shape '${unknown.join("', '")}'; known are ${known}`);
    return WRONG_USAGE;
  }
  if (options.demo) {
    return await withDemo(
      {},
      ({ config, problems }) =>
        config ? run(config, shapes, { options, io }) : refuse("demo", problems, io),
    );
  }
  const located = locateConfig(options.config);
  if (located.file === undefined) {
    io.err(located.message);
    return 1;
  }
  const { config, problems } = await evaluateConfigFile(located.file);
  return config
    ? await run(config, shapes, { options, io })
    : await refuse(located.file, problems, io);
}

function allShapes(): ReturnType<typeof pickShapes> {
  return { shapes: SHAPES, unknown: [] };
}

function refuse(file: string, problems: readonly ConfigProblem[], io: CommandIo): Promise<number> {
  for (const problem of problems) io.err(formatProblem(file, problem));
  return Promise.resolve(1);
}

interface RunContext {
  readonly options: DoctorOptions;
  readonly io: CommandIo;
}

async function run(
  config: Config,
  shapes: readonly Shape[],
  { options, io }: RunContext,
): Promise<number> {
  const chosen = choose(config, options);
  if (typeof chosen === "string") {
    io.err(chosen);
    return 1;
  }
  const { target, model } = chosen;
  announce(target, upstreamModel(target, model), { shapes, io });
  const report = await examine({
    config,
    target,
    model,
    shapes,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    ...progress(shapes.length, io),
  });
  io.progress?.("");
  // An upstream may say what it was sent.
  const out = (text: string): void => io.out(redact(text));
  if (options.json) out(toJson(report));
  else print(report, { ...io, out });
  return report.rows.some(({ result }) => result === "failed") ? 1 : 0;
}

/** The target as the options want it, and the model to ask for; or why there is none. */
function choose(
  config: Config,
  { target: name, model: wanted, key }: DoctorOptions,
): { readonly target: Target; readonly model: string } | string {
  const target = config.targets.get(name);
  if (target === undefined) {
    const known = [...config.targets.keys()].map((other) => `'${other}'`).join(", ");
    return `There is no target '${name}'; known are ${known}`;
  }
  const model = wanted ?? target.model;
  if (model === undefined) {
    return `Target '${name}' sends the client's model name; say which with '--model'`;
  }
  if (key === undefined) return { target, model };
  const one = target.apiKeys[key - 1];
  return one === undefined
    ? `Target '${name}' has ${countOf(target.apiKeys.length, "api_key")}; there is no number ${key}`
    : { target: { ...target, apiKeys: [one] }, model };
}

/** Says what will be asked of whom, and what it will cost, before anything is sent. */
function announce(
  { name, mode, provider }: Target,
  model: string,
  { shapes, io }: { readonly shapes: readonly Shape[]; readonly io: CommandIo },
): void {
  const { requests, inputTokens, maxOutputTokens } = costOf(shapes);
  io.err(`Target '${name}': ${model} by ${mode}, provider ${provider}`);
  io.err(
    `Sends ${countOf(requests, "request")}, about ${thousands(inputTokens)} input tokens and at ` +
      `most ${thousands(maxOutputTokens)} output tokens; a few more where something fails`,
  );
}

function thousands(count: number): string {
  return count < 1000 ? String(count) : `${Math.round(count / 1000)},000`;
}

/** One line that changes on a terminal, one line for each shape elsewhere. */
function progress(count: number, { progress, err }: CommandIo): {
  readonly onShape: (shape: Shape, place: number) => void;
  readonly onRow: (row: Row) => void;
} {
  let place = 0;
  return {
    onShape({ name }, at): void {
      place = at;
      progress?.(`${at}/${count} ${name} …`);
    },
    onRow({ name, result }): void {
      if (!progress) err(`${place}/${count} ${name}: ${result}`);
    },
  };
}

function print(report: Report, io: CommandIo): void {
  io.out(toTable(report));
  const counts = Object.entries(countResults(report.rows)).filter(([, count]) => count > 0)
    .map(([result, count]) => `${count} ${result}`);
  const { requests, inputTokens, outputTokens, target } = report;
  io.out(
    `\n${counts.join(", ")}; ${countOf(requests, "request")}, ${inputTokens} input and ` +
      `${outputTokens} output tokens`,
  );
  const block = quirksBlock(report.quirks);
  if (block === undefined) return;
  io.out(
    `\nThe profile lacks what these shapes proved. Paste below 'targets.${target}', or merge with ` +
      `its quirks:\n\n${block}`,
  );
}
