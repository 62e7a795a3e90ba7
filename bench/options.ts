import { parseArgs } from "node:util";

/** What the command line of the benchmark says. */
export interface Options {
  /** Names of the works to run; undefined runs those that run by default. */
  readonly only: readonly string[] | undefined;
  readonly rounds: number;
  /** Factor on the number of requests of each round. */
  readonly scale: number;
  /** Requests of the work `memory`. */
  readonly requests: number;
  readonly json: boolean;
  readonly help: boolean;
  /** Port of the fake upstream; 0 takes a free one. */
  readonly upstreamPort: number;
  /** Another gateway to measure in place of this project's. */
  readonly against: Against | undefined;
}

/** A gateway that somebody else started. */
export interface Against {
  /** Its Messages endpoint. */
  readonly url: URL;
  /** Its process on this machine; without it, CPU time and memory cannot be measured. */
  readonly pid: number | undefined;
  /** Sent with every request, as `name: value`. */
  readonly headers: readonly string[];
  /** Path that it answers at once, such as `/healthz`. */
  readonly health: string;
}

/** Wrong use of the command line. */
export class UsageError extends Error {}

/**
 * Reads the command line.
 *
 * @throws {UsageError} If an option is unknown or its value is not usable.
 */
export function readOptions(args: readonly string[], names: readonly string[]): Options {
  const values = parse(args);
  return {
    only: values.only === undefined ? undefined : readNames(values.only, names),
    rounds: wholeNumber("rounds", values.rounds),
    scale: positive("scale", values.scale),
    requests: wholeNumber("requests", values.requests),
    json: values.json,
    help: values.help,
    upstreamPort: values["upstream-port"] === undefined
      ? 0
      : wholeNumber("upstream-port", values["upstream-port"]),
    against: readAgainst(values),
  };
}

type Values = ReturnType<typeof parse>;

// The type is read off the options below.
// deno-lint-ignore explicit-function-return-type
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      // `deno task bench -- --flag` hands on the `--`.
      args: args.filter((arg) => arg !== "--"),
      options: {
        only: { type: "string" },
        rounds: { type: "string", default: "5" },
        scale: { type: "string", default: "1" },
        requests: { type: "string", default: "100000" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        "upstream-port": { type: "string" },
        against: { type: "string" },
        pid: { type: "string" },
        header: { type: "string", multiple: true, default: [] },
        path: { type: "string" },
        health: { type: "string", default: "/healthz" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readAgainst(values: Values): Against | undefined {
  const { against, pid, header, path, health } = values;
  if (against === undefined) {
    if (pid ?? path) throw new UsageError("--pid and --path need --against");
    return undefined;
  }
  if (!URL.canParse(against)) throw new UsageError(`--against is no URL: ${against}`);
  const url = new URL(against);
  if (url.protocol !== "http:") throw new UsageError("--against must begin with http://");
  if (path !== undefined) url.pathname = path;
  if (url.pathname === "/") url.pathname = "/v1/messages";
  const bad = header.find((line) => !/^[\w-]+:/.test(line));
  if (bad !== undefined) throw new UsageError(`--header is not "name: value": ${bad}`);
  return {
    url,
    pid: pid === undefined ? undefined : wholeNumber("pid", pid),
    headers: header,
    health,
  };
}

function readNames(list: string, names: readonly string[]): readonly string[] {
  const wanted = list.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined || wanted.length === 0) {
    throw new UsageError(`--only knows no "${unknown ?? list}"; it takes ${names.join(", ")}`);
  }
  return wanted;
}

function wholeNumber(name: string, value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new UsageError(`--${name} is no number above 0: ${value}`);
  return Number(value);
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new UsageError(`--${name} is no number above 0: ${value}`);
  return number;
}
