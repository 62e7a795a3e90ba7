import { get } from "node:http";
import { urlHost } from "../config/address.ts";
import { isObject, tryParseJson } from "../json.ts";
import type { CommandIo } from "./io.ts";

/** Where the server listens. */
export interface HealthOptions {
  readonly host: string;
  readonly port: number;
  /** Until the whole answer must be there. */
  readonly timeoutMs?: number;
}

/** A probe of a container is given up after a few seconds. */
const TIMEOUT_MS = 5000;

/**
 * Asks a running server on this machine whether it is well; the exit code.
 *
 * It reads no config: a probe runs every few seconds, and must not fail because of a file that the
 * server itself has refused and lives without.
 */
export async function health(options: HealthOptions, io: CommandIo): Promise<number> {
  const { host, port, timeoutMs = TIMEOUT_MS } = options;
  const url = `http://${urlHost(host)}:${port}/healthz`;
  let answer: Answer;
  try {
    answer = await fetchText(url, timeoutMs);
  } catch (error) {
    io.err(`Cannot reach ${url}: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  const body = tryParseJson(answer.text);
  if (answer.status !== 200 || !isObject(body) || body.status !== "ok") {
    io.err(`${url} is not well: it answered ${answer.status}`);
    return 1;
  }
  const config = isObject(body.config) ? body.config : {};
  io.out(`ok, version ${body.version}, generation ${config.generation} of the config`);
  if (typeof config.error === "string") io.err(`The last config was refused:\n${config.error}`);
  return 0;
}

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

/** Unlike `fetch`, this asks no proxy that the environment names. */
function fetchText(url: string, timeoutMs: number): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const signal = AbortSignal.timeout(timeoutMs);
  get(url, { signal, agent: false }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (part) => text += part);
    response.on("end", () => resolve({ status: response.statusCode, text }));
    response.on("error", reject);
  }).on("error", (error) => reject(signal.aborted ? signal.reason : error));
  return promise;
}
