import { DEMO_MODEL } from "./api.ts";
import { DEMO_APIS } from "./apis.ts";

/** The config file that `--demo` stands for: one target for each API of the demo server. */
export function demoConfig(port: number): string {
  const base_url = `http://127.0.0.1:${port}/v1`;
  const targets = DEMO_APIS.map(({ mode, target, settings }) => {
    const keys = { api_mode: mode, base_url, model: DEMO_MODEL, ...settings };
    const lines = Object.entries(keys).map(([key, value]) => `    ${key}: ${value}\n`);
    return `  ${target}:\n${lines.join("")}`;
  });
  // What somebody tries out is not what he uses.
  const usage = "usage: { enabled: false }";
  return `default_target: ${DEMO_APIS[0]?.target}\n${usage}\ntargets:\n${targets.join("")}`;
}
