/** Everything that a unit or a property list is made of; paths are absolute. */
export interface ServicePlan {
  /** For the whole machine, rather than for the user. */
  readonly system: boolean;
  /** The command that runs the program, to which a subcommand is added. */
  readonly program: readonly string[];
  readonly config: string;
  /** File of `NAME=value` lines, with the keys. */
  readonly envFile: string;
  /** False if it was not asked for, so that it may be missing. */
  readonly envFileNeeded: boolean;
  readonly home: string;
  /** Number of the user, where the system has one. */
  readonly uid: number;
}

/** A text of the service manager's, and where it belongs. */
export interface ServiceFile {
  readonly path: string;
  readonly text: string;
}

/** Name of the unit, and label of the agent. */
export const SERVICE_NAME = "switchyard";
