import { dirname, join, resolve } from "node:path";
import { findConfigFile } from "../config/find.ts";
import type { CommandIo } from "./io.ts";
import { type ServiceHost, THIS_HOST } from "./service/host.ts";
import { Launchd } from "./service/launchd.ts";
import { readIfThere, type ServiceManager, writeServiceFile } from "./service/manager.ts";
import type { ServicePlan } from "./service/plan.ts";
import { Systemd } from "./service/systemd.ts";

/** What can be done with the service. */
export type ServiceAction = "install" | "uninstall" | "status" | "print";

/** Options of `switchyard service`. */
export interface ServiceOptions {
  readonly action: ServiceAction;
  readonly system?: boolean | undefined;
  readonly config?: string | undefined;
  readonly envFile?: string | undefined;
}

/** Where a service for the whole machine has its config. */
const SYSTEM_CONFIG = "/etc/switchyard/proxy.yaml";

/** What a service file cannot hold, or would be a line of its own there. */
// deno-lint-ignore no-control-regex -- control characters are what it is about
const UNUSABLE_PATH = /[\x00-\x1f\x7f]|\s$/;

/** Installs, removes or shows the service that runs the server on this machine; the exit code. */
export async function service(
  options: ServiceOptions,
  io: CommandIo,
  host: ServiceHost = THIS_HOST,
): Promise<number> {
  const plan = makePlan(options, host);
  const paths = [...plan.program, plan.config, plan.envFile, plan.home];
  const unusable = paths.find((path) => UNUSABLE_PATH.test(path));
  if (unusable !== undefined) {
    io.err(`A service file cannot hold the path ${JSON.stringify(unusable)}`);
    return 1;
  }
  const manager = managerFor(plan, { host, io });
  if (typeof manager === "string") {
    io.err(manager);
    return 1;
  }
  if (options.action === "print") return print(manager, plan, io);
  if (await host.run(manager.control, ["--version"]) === undefined) {
    io.err(withoutControl(manager));
    return 1;
  }
  try {
    if (options.action === "install") return await install(manager, { plan, io });
    if (options.action === "uninstall") return await uninstall(manager, io);
    return await manager.status();
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    io.err(`${error.message}${options.system ? "; a service with '--system' needs root" : ""}`);
    return 1;
  }
}

function makePlan(options: ServiceOptions, { env, program }: ServiceHost): ServicePlan {
  const system = options.system ?? false;
  const home = env("HOME") || "/";
  const found = system ? SYSTEM_CONFIG : findConfigFile().file;
  const named = options.config ?? found ?? join(configHomeOf(env), "switchyard", "proxy.yaml");
  const config = resolve(named);
  return {
    system,
    program: program(),
    config,
    envFile: resolve(options.envFile ?? join(dirname(config), "switchyard.env")),
    envFileNeeded: options.envFile !== undefined,
    home,
    uid: ownerOf(home),
  };
}

function configHomeOf(env: ServiceHost["env"]): string {
  return env("XDG_CONFIG_HOME") || join(env("HOME") || "/", ".config");
}

/** The user's number, without the right to ask for it. */
function ownerOf(home: string): number {
  try {
    return Deno.statSync(home).uid ?? 0;
  } catch {
    return 0;
  }
}

/** What runs services here, or why nothing does. */
function managerFor(
  plan: ServicePlan,
  context: { readonly host: ServiceHost; readonly io: CommandIo },
): ServiceManager | string {
  const { os, env } = context.host;
  if (os === "linux") return new Systemd(plan, configHomeOf(env), context);
  if (os === "darwin") return new Launchd(plan, context);
  if (os === "windows") {
    return "On Windows there is neither systemd nor launchd. The Task Scheduler can start " +
      "Switchyard when you log on:\n" +
      "  schtasks /Create /SC ONLOGON /TN Switchyard /TR \"'C:\\path\\to\\switchyard.exe' " +
      "serve --config 'C:\\path\\to\\proxy.yaml'\"";
  }
  return `There is no support for the services of ${os}: let its own tool run 'switchyard serve'`;
}

function withoutControl({ control, file }: ServiceManager): string {
  return `Cannot find '${control}', so there is nothing here that would run the service. In a ` +
    `container, run 'switchyard serve' itself; elsewhere, let the system's own tool run it.\n` +
    `'switchyard service print' shows what would be written to ${file.path}.`;
}

function print({ file }: ServiceManager, plan: ServicePlan, io: CommandIo): number {
  io.err(`Would be written to ${file.path}`);
  if (!exists(plan.config)) io.err(`There is no config file yet: ${plan.config}`);
  io.out(file.text);
  return 0;
}

async function install(
  manager: ServiceManager,
  { plan, io }: { readonly plan: ServicePlan; readonly io: CommandIo },
): Promise<number> {
  const needed = [plan.config, ...(plan.envFileNeeded ? [plan.envFile] : [])];
  const missing = needed.find((path) => !exists(path));
  if (missing !== undefined) {
    io.err(`There is no file '${missing}'`);
    return 1;
  }
  warnOfKeys(plan, io);
  warnOfHidden(plan, io);
  const change = writeServiceFile(manager.file);
  io.err(change === "same" ? `Unchanged: ${manager.file.path}` : `Wrote ${manager.file.path}`);
  return await manager.start(change);
}

async function uninstall(manager: ServiceManager, io: CommandIo): Promise<number> {
  const { path } = manager.file;
  if (readIfThere(path) === undefined) {
    io.err(`There is no service: ${path} does not exist`);
    return 0;
  }
  const code = await manager.stop();
  if (code !== 0) return code;
  Deno.removeSync(path);
  io.err(`Removed ${path}`);
  return await manager.afterRemoval();
}

/** Others on this machine should not read keys. */
function warnOfKeys({ envFile }: ServicePlan, io: CommandIo): void {
  const mode = exists(envFile) ? Deno.statSync(envFile).mode ?? 0 : 0;
  if ((mode & 0o077) !== 0) {
    io.err(`Warning: others may read the keys in '${envFile}': chmod 600 '${envFile}'`);
  }
}

/** A service has its own `/tmp`, and one for the whole machine sees no home. */
function warnOfHidden({ system, program, config }: ServicePlan, io: CommandIo): void {
  const hidden = ["/tmp/", "/var/tmp/", ...(system ? ["/home/", "/root/"] : [])];
  for (const path of [program[0] ?? "", config]) {
    const folder = hidden.find((prefix) => path.startsWith(prefix));
    if (folder !== undefined) {
      io.err(`Warning: the service may not see '${path}', since it has no access to ${folder}`);
    }
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
