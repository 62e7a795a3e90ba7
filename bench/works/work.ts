import type { Stage, Subject } from "../stage.ts";
import type { Row } from "../table.ts";

/** One thing that the benchmark measures. */
export interface Work {
  /** What `--only` calls it. */
  readonly name: string;
  /** One line for `--help`. */
  readonly about: string;
  /** Why it cannot be run now, if so. */
  readonly obstacle?: (stage: Stage) => string | undefined;
  /** False for works that run only when they are named. */
  readonly isDefault: boolean;
  /** Measures, and reports each line of the table as soon as it is known. */
  run(stage: Stage, report: Report): Promise<void>;
}

/** Where results go. */
export interface Report {
  row(row: Row): void;
  /** A line for people. */
  note(line: string): void;
}

/** The process of a subject. */
export function pidOf({ pid }: Subject): number {
  if (pid === undefined) throw new Error("Cannot measure: the process is not known");
  return pid;
}

/** The obstacle of works that look at the process of the gateway. */
export function needsPid({ options: { against } }: Stage): string | undefined {
  return against && against.pid === undefined ? "needs --pid" : undefined;
}

/** The obstacle of works that start the gateway themselves. */
export function needsOwnGateway({ options: { against } }: Stage): string | undefined {
  return against ? "measures this project's own gateway only" : undefined;
}
