import { ConfigStore } from "../../src/config/store.ts";
import { configureLog } from "../../src/log.ts";
import { createApp } from "../../src/server/app.ts";
import { createServices, type Services } from "../../src/server/services.ts";
import { closeConnections } from "../../src/upstream/transport.ts";
import { configOf, type TestSources } from "./config.ts";
import { until } from "./server_wait.ts";

/** How a gateway differs from the one that `serve` starts. */
export interface GatewayOptions extends TestSources {
  readonly commitWindowMs?: number;
  readonly isDraining?: () => boolean;
}

/** A gateway on loopback in this process, and what it logged. */
export interface Gateway extends AsyncDisposable {
  readonly url: string;
  readonly store: ConfigStore;
  readonly services: Services;
  /** Log records, parsed. */
  readonly records: readonly Record<string, unknown>[];
  /** The log as it was written. */
  readonly log: () => string;
  /** Posts a JSON body, or a text as it is. */
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  get(path: string, init?: RequestInit): Promise<Response>;
  /** The access log's record of a request, once it is written. */
  access(response: Response): Promise<Record<string, unknown>>;
}

/** Starts a gateway on a config text. */
export async function startGateway(
  yaml: string,
  { commitWindowMs, isDraining = () => false, ...sources }: GatewayOptions = {},
): Promise<Gateway> {
  const lines: string[] = [];
  configureLog({ level: "debug", format: "json", write: (line) => lines.push(line) });
  const store = new ConfigStore(await configOf(yaml, sources));
  const services = createServices(store, {
    isDraining,
    ...(commitWindowMs === undefined ? {} : { commitWindowMs }),
  });
  const app = createApp(services);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => app.fetch(request),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  // A client of its own, so that its idle connections end with the gateway.
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const find = (id: string | null) =>
    lines.map((line) => JSON.parse(line)).find((record) =>
      record.category === "access" && record.request_id === id
    );
  return {
    url,
    store,
    services,
    get records() {
      return lines.map((line) => JSON.parse(line));
    },
    log: () => lines.join("\n"),
    post: (path, body, init = {}) =>
      fetch(url + path, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        client,
        ...init,
        headers: { "content-type": "application/json", ...init.headers as Record<string, string> },
      }),
    get: (path, init = {}) => fetch(url + path, { client, ...init }),
    async access(response) {
      const id = response.headers.get("request-id");
      await until(() => find(id) !== undefined, "the access log's record");
      return find(id);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      services.streams.endAll(new Error("the test is over"));
      await server.shutdown();
      client.close();
      closeConnections();
      configureLog({});
    },
  };
}

/** The smallest request of a client. */
export function ask(text = "hi", more: Readonly<Record<string, unknown>> = {}): {
  readonly [name: string]: unknown;
} {
  return {
    model: "claude-x",
    max_tokens: 100,
    messages: [{ role: "user", content: text }],
    ...more,
  };
}

/** The same for a stream. */
export function askStream(text = "hi", more: Readonly<Record<string, unknown>> = {}): {
  readonly [name: string]: unknown;
} {
  return ask(text, { stream: true, ...more });
}

/** A config with one chat target; more lines go below the target. */
export function chatTarget(baseUrl: string, lines: readonly string[] = []): string {
  return targets({ chat: ["api_mode: chat_completions", `base_url: ${baseUrl}/v1`, ...lines] });
}

/** A config with one relay target; more lines go below the target. */
export function relayTarget(baseUrl: string, lines: readonly string[] = []): string {
  return targets({ relay: ["api_mode: anthropic_messages", `base_url: ${baseUrl}`, ...lines] });
}

/** A config of several targets, each by the lines below its name. */
export function targets(all: Readonly<Record<string, readonly string[]>>): string {
  const entries = Object.entries(all).map(([name, lines]) =>
    `  ${name}:\n${lines.map((line) => `    ${line}\n`).join("")}`
  );
  return `targets:\n${entries.join("")}`;
}
