import {
  ControlProgram,
  type FileChange,
  type ManagerContext,
  type ServiceManager,
} from "./manager.ts";
import { SERVICE_NAME, type ServicePlan } from "./plan.ts";
import { systemdUnit } from "./unit.ts";

const UNIT = `${SERVICE_NAME}.service`;

/** Controls the service through systemctl. */
export class Systemd implements ServiceManager {
  readonly control = "systemctl";
  readonly file;
  readonly #context: ManagerContext;
  readonly #control: ControlProgram;
  readonly #isUsers: boolean;

  constructor(plan: ServicePlan, configHome: string, context: ManagerContext) {
    this.file = systemdUnit(plan, configHome);
    this.#context = context;
    this.#isUsers = !plan.system;
    const scope = plan.system ? [] : ["--user"];
    this.#control = new ControlProgram([this.control, ...scope], context);
  }

  async start(change: FileChange): Promise<number> {
    const { io } = this.#context;
    // The unit is of the type `notify`, so the manager says only after READY that it has started.
    const isRunning = await this.#control.succeeds("daemon-reload") &&
      await this.#control.succeeds("enable", "--now", UNIT) &&
      (change !== "changed" || await this.#control.succeeds("restart", UNIT));
    if (!isRunning) {
      io.err(`The log says more: ${this.#journal()} --lines 50`);
      return 1;
    }
    io.err(
      `The service runs, and is started with ${this.#isUsers ? "your session" : "the machine"}.`,
    );
    io.err(`Log: ${this.#journal()} --follow`);
    io.err(`After a change of keys: ${this.#control.commandLine("restart", UNIT)}`);
    if (this.#isUsers) io.err("To run also while you are not logged in: loginctl enable-linger");
    return 0;
  }

  async stop(): Promise<number> {
    return await this.#control.succeeds("disable", "--now", UNIT) ? 0 : 1;
  }

  async afterRemoval(): Promise<number> {
    return await this.#control.succeeds("daemon-reload") ? 0 : 1;
  }

  async status(): Promise<number> {
    const { io } = this.#context;
    const result = await this.#control.run("status", "--no-pager", UNIT);
    if (result === undefined) return 1;
    if (result.stdout.trim() !== "") io.out(result.stdout);
    if (result.stderr.trim() !== "") io.err(result.stderr);
    return result.code === 0 ? 0 : 1;
  }

  #journal(): string {
    return `journalctl ${this.#isUsers ? "--user " : ""}--unit ${UNIT}`;
  }
}
