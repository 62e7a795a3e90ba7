import { dirname, join } from "node:path";
import { SERVICE_NAME, type ServiceFile, type ServicePlan } from "./plan.ts";

/** What a unit may do, in the user's manager as well as in the system's. */
const SANDBOX = [
  "NoNewPrivileges=yes",
  "ProtectSystem=strict",
  // The one place that may be written to: the usage files.
  "StateDirectory=switchyard",
  "StateDirectoryMode=0700",
  "PrivateTmp=yes",
  "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "LockPersonality=yes",
  "SystemCallArchitectures=native",
  "UMask=0077",
];

/** Needs rights that only the system's manager has. There is no MemoryDenyWriteExecute: V8 compiles. */
const SYSTEM_SANDBOX = [
  "DynamicUser=yes",
  "ProtectHome=yes",
  "ProtectProc=invisible",
  "ProtectClock=yes",
  "ProtectControlGroups=yes",
  "ProtectHostname=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "PrivateDevices=yes",
  "CapabilityBoundingSet=",
  "SystemCallFilter=@system-service @pkey",
  "SystemCallErrorNumber=EPERM",
];

/** The systemd unit of a plan, in the folder of the user's or of the system's units. */
export function systemdUnit(plan: ServicePlan, configHome: string): ServiceFile {
  const folder = plan.system ? "/etc/systemd/system" : join(configHome, "systemd", "user");
  return { path: join(folder, `${SERVICE_NAME}.service`), text: unitText(plan) };
}

function unitText(plan: ServicePlan): string {
  const { system, program, config } = plan;
  const manager = system ? "systemctl" : "systemctl --user";
  const [executable = "", ...words] = runnable([...program, "serve", "--config", config]);
  const command = [escapeExecutable(executable), ...words.map(escapeWord)].join(" ");
  return `# Written by 'switchyard service install'; 'switchyard service uninstall' removes it.
# '${manager} edit ${SERVICE_NAME}' adds settings of your own, which outlive both.
[Unit]
Description=Switchyard, the gateway between Claude Code and any model
${system ? "Wants=network-online.target\nAfter=network-online.target\n" : ""}
[Service]
Type=notify
ExecStart=${command}
ExecReload=kill -HUP $MAINPID
Restart=on-failure
RestartSec=1
WatchdogSec=30
TimeoutStopSec=90

${keySettings(plan)}

${[...SANDBOX, ...(system ? SYSTEM_SANDBOX : ["ProtectHome=read-only"])].join("\n")}

[Install]
WantedBy=${system ? "multi-user.target" : "default.target"}
`;
}

/** No key is ever in the unit itself, which everybody may read. */
function keySettings({ system, envFile, envFileNeeded, config, uid }: ServicePlan): string {
  const credentials = system ? "/run/credentials" : `/run/user/${uid}/credentials`;
  return `# Keys do not belong here. Lines such as DEEPSEEK_API_KEY=… go into this file, mode 0600:
EnvironmentFile=${envFileNeeded ? "" : "-"}${escapeGlob(envFile)}
# Or each key is a file of its own, in proxy.yaml
# api_key: \${file:${credentials}/${SERVICE_NAME}.service/deepseek}
#LoadCredential=deepseek:${escapePercent(dirname(config))}/deepseek.key`;
}

/**
 * One word of a command line. systemd takes C's escapes inside quotes, and expands `%` and `$`.
 *
 * @see {@link https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines}
 */
function escapeWord(word: string): string {
  return escapeExecutable(word).replaceAll("$", "$$$$");
}

/** systemd refuses an executable with such a character in its path; a shell does not. */
function runnable(command: readonly string[]): readonly string[] {
  if (!/["'\\]/.test(command[0] ?? "")) return command;
  return ["/bin/sh", "-c", 'exec "$0" "$@"', ...command];
}

/** The first word, in which `$` is a character like any other. */
function escapeExecutable(word: string): string {
  const text = escapePercent(word);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** The value of EnvironmentFile is a pattern of paths, and knows no quotes. */
function escapeGlob(path: string): string {
  return escapePercent(path.replace(/[*?[\\]/g, "\\$&"));
}

function escapePercent(text: string): string {
  return text.replaceAll("%", "%%");
}
