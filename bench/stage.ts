import { Loader } from "./loader_client.ts";
import type { Endpoint } from "./loader_client.ts";
import type { Options } from "./options.ts";
import { answers, freePort, gatewayBinary, startGateway, until } from "./processes.ts";

/** APIs of the fake upstream: one is translated to, the other relayed. */
export type Api = "chat" | "relay";

/** A server that is measured. */
export interface Subject {
  /** Undefined for a gateway whose process is not known. */
  readonly pid: number | undefined;
  /** Where a request goes to reach that API of the upstream. */
  endpoint(api: Api): Endpoint;
  /** A page that costs nothing. */
  readonly health: Endpoint;
}

/** A subject that was started for one work. */
export interface OwnSubject extends Subject {
  readonly pid: number;
  stop(): Promise<void>;
}

const PATHS: Readonly<Record<Api, string>> = {
  chat: "/v1/chat/completions",
  relay: "/v1/messages",
};

/** All processes that a run needs: upstream, passthrough, gateway, load. */
export class Stage implements AsyncDisposable {
  readonly options: Options;
  readonly upstreamPort: number;
  readonly #directory: string;
  readonly #closing: (() => Promise<unknown>)[] = [];
  #loaders: Loader[] = [];
  #passthrough: OwnSubject | undefined;
  #gateway: OwnSubject | undefined;

  private constructor(options: Options, directory: string) {
    this.options = options;
    this.upstreamPort = options.upstreamPort || freePort();
    this.#directory = directory;
  }

  /** Starts the upstream; everything else starts when it is needed. */
  static async open(options: Options): Promise<Stage> {
    const stage = new Stage(options, await Deno.makeTempDir({ prefix: "switchyard_bench_" }));
    const { stop } = await startScript("upstream.ts", stage.upstreamPort);
    stage.#closing.push(stop, () => Deno.remove(stage.#directory, { recursive: true }));
    return stage;
  }

  /** A number of requests as `--scale` has it, at least one. */
  scaled(count: number): number {
    return Math.max(1, Math.round(count * this.options.scale));
  }

  /** The binary that is measured; undefined measures the source. */
  get binary(): string | undefined {
    return gatewayBinary();
  }

  /** A file for this run only. */
  path(name: string): string {
    return `${this.#directory}/${name}`;
  }

  /** The load; another one with a number above 0. */
  loader(number = 0): Loader {
    let loader = this.#loaders[number];
    if (!loader) {
      loader = this.#loaders[number] = new Loader();
      this.#closing.unshift(() => loader?.stop() ?? Promise.resolve());
    }
    return loader;
  }

  /** The raw passthrough. */
  async passthrough(): Promise<OwnSubject> {
    if (!this.#passthrough) {
      this.#passthrough = await this.startPassthrough();
      this.#closing.unshift(this.#passthrough.stop);
    }
    return this.#passthrough;
  }

  /** The gateway that is measured: this project's, or the one of `--against`. */
  async gateway(): Promise<Subject> {
    const { against } = this.options;
    if (against) {
      const { url, headers, pid, health } = against;
      return {
        pid,
        endpoint: () => ({ url: url.href, headers }),
        health: { url: new URL(health, url).href, headers },
      };
    }
    if (!this.#gateway) {
      this.#gateway = await this.startGateway();
      this.#closing.unshift(this.#gateway.stop);
    }
    return this.#gateway;
  }

  /** A passthrough of its own for one work. */
  async startPassthrough(): Promise<OwnSubject> {
    const port = freePort();
    const { pid, stop } = await startScript("passthrough.ts", port, String(this.upstreamPort));
    const at = (path: string) => ({ url: `http://127.0.0.1:${port}${path}`, headers: [] });
    return { pid, stop, endpoint: (api) => at(PATHS[api]), health: at("/") };
  }

  /** This project's gateway for one work, with more lines for its config. */
  async startGateway(lines = ""): Promise<OwnSubject> {
    const port = freePort();
    const gateway = await startGateway(await this.writeConfig(`${port}`, lines), port);
    const at = (path: string) => ({ url: `http://127.0.0.1:${port}${path}`, headers: [] });
    return {
      pid: gateway.pid,
      endpoint: (api) => at(`/${api}/v1/messages`),
      health: at("/healthz"),
      stop: async () => void await gateway.stop(),
    };
  }

  /** Writes a config with a target for each API of the upstream; its path. */
  async writeConfig(name: string, lines = ""): Promise<string> {
    const target = (api: Api, mode: string) =>
      `  ${api}:\n    api_mode: ${mode}\n    base_url: http://127.0.0.1:${this.upstreamPort}/v1\n` +
      "    on_loss: drop\n";
    const path = this.path(`${name}.yaml`);
    const targets = target("chat", "chat_completions") + target("relay", "anthropic_messages");
    await Deno.writeTextFile(path, `${lines}targets:\n${targets}`);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closing.splice(0)) await close();
  }
}

async function startScript(
  name: string,
  port: number,
  ...args: string[]
): Promise<{ pid: number; stop: () => Promise<void> }> {
  const url = new URL(name, import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "--allow-net", "--allow-read", url, String(port), ...args],
    stdin: "null",
    stdout: "null",
  }).spawn();
  await until(() => answers(`http://127.0.0.1:${port}/`));
  return {
    pid: child.pid,
    stop: async () => {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}
