import {
  ControlProgram,
  type FileChange,
  type ManagerContext,
  type ServiceManager,
} from "./manager.ts";
import { SERVICE_NAME, type ServicePlan } from "./plan.ts";
import { launchdPropertyList, logFile } from "./property_list.ts";

/** How often, and after which pause, an old server is looked for that still drains. */
const LOOKS = 120;
const PAUSE_MS = 500;

/** Controls the agent or daemon through launchctl. */
export class Launchd implements ServiceManager {
  readonly control = "launchctl";
  readonly file;
  readonly #context: ManagerContext;
  readonly #control: ControlProgram;
  readonly #domain: string;
  readonly #log: string;

  constructor(plan: ServicePlan, context: ManagerContext) {
    this.file = launchdPropertyList(plan);
    this.#context = context;
    this.#control = new ControlProgram([this.control], context);
    this.#domain = plan.system ? "system" : `gui/${plan.uid}`;
    this.#log = logFile(plan);
  }

  async start(change: FileChange): Promise<number> {
    const { io } = this.#context;
    const isLoaded = await this.#isLoaded();
    if (isLoaded && change !== "same" && await this.stop() !== 0) return 1;
    const isRunning = await this.#control.succeeds("enable", this.#target) &&
      (isLoaded && change === "same" ||
        await this.#control.succeeds("bootstrap", this.#domain, this.file.path));
    if (!isRunning) return 1;
    io.err("The service runs, and is started with your session or the machine.");
    io.err(`Log: tail -f ${this.#log}`);
    io.err(`After a change of keys: launchctl kickstart -k ${this.#target}`);
    return 0;
  }

  async stop(): Promise<number> {
    if (!await this.#isLoaded()) return 0;
    if (!await this.#control.succeeds("bootout", this.#target)) return 1;
    // It returns while streams still drain, and the same label cannot be loaded until they have.
    for (let look = 0; look < LOOKS && await this.#isLoaded(); look++) {
      await this.#context.host.pause(PAUSE_MS);
    }
    return 0;
  }

  afterRemoval(): Promise<number> {
    return Promise.resolve(0);
  }

  async status(): Promise<number> {
    const { io } = this.#context;
    const result = await this.#control.run("print", this.#target);
    if (result === undefined) return 1;
    if (result.code !== 0) {
      io.err(`The service is not loaded: ${result.stderr.trim()}`);
      return 1;
    }
    io.out(result.stdout);
    return /^\s*state = running$/m.test(result.stdout) ? 0 : 1;
  }

  get #target(): string {
    return `${this.#domain}/${SERVICE_NAME}`;
  }

  async #isLoaded(): Promise<boolean> {
    return (await this.#control.run("print", this.#target))?.code === 0;
  }
}
