import { join } from "node:path";
import { SERVICE_NAME, type ServiceFile, type ServicePlan } from "./plan.ts";

/** What a property list holds here. */
type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/** Longer than the default of `listen.drain`, after which the server ends by itself. */
const EXIT_TIMEOUT_SECONDS = 60;

/**
 * Reads NAME=value lines before it becomes the program: launchd knows no file of variables, and a
 * key does not belong into the list itself, which everybody may read.
 */
const WITH_ENV_FILE = 'if [ -e "$1" ]; then set -a; . "$1"; set +a; fi; shift; exec "$@"';

/** The property list of a launchd agent, or with `system` of a daemon. */
export function launchdPropertyList(plan: ServicePlan): ServiceFile {
  const folder = plan.system ? "/Library" : join(plan.home, "Library");
  const path = join(
    folder,
    plan.system ? "LaunchDaemons" : "LaunchAgents",
    `${SERVICE_NAME}.plist`,
  );
  return { path, text: toXml(contents(plan, logFile(plan))) };
}

/** Where launchd writes what the server says. */
export function logFile({ system, home }: ServicePlan): string {
  return system ? `/var/log/${SERVICE_NAME}.log` : join(home, "Library", "Logs", "switchyard.log");
}

function contents({ program, config, envFile }: ServicePlan, log: string): Value {
  return {
    Label: SERVICE_NAME,
    ProgramArguments: ["/bin/sh", "-c", WITH_ENV_FILE, "sh", envFile, ...program, "serve"],
    EnvironmentVariables: { SWITCHYARD_CONFIG: config },
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ProcessType: "Interactive",
    ExitTimeOut: EXIT_TIMEOUT_SECONDS,
    Umask: 0o077,
    StandardOutPath: log,
    StandardErrorPath: log,
  };
}

function toXml(value: Value): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by 'switchyard service install'; 'switchyard service uninstall' removes it. -->
<plist version="1.0">
${element(value, "")}
</plist>
`;
}

function element(value: Value, indent: string): string {
  if (typeof value === "string") return `${indent}<string>${escapeText(value)}</string>`;
  if (typeof value === "number") return `${indent}<integer>${value}</integer>`;
  if (typeof value === "boolean") return `${indent}<${value}/>`;
  const inner = `${indent}  `;
  if (isList(value)) {
    return `${indent}<array>\n${
      value.map((one) => element(one, inner)).join("\n")
    }\n${indent}</array>`;
  }
  const entries = Object.entries(value).map(([key, one]) =>
    `${inner}<key>${escapeText(key)}</key>\n${element(one, inner)}`
  );
  return `${indent}<dict>\n${entries.join("\n")}\n${indent}</dict>`;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
