import { temporaryFolder } from "./config.ts";
import { type ProgramOutcome, runTool } from "./outside_programs.ts";
import { soon } from "./server_wait.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Commands that take longer than this wait for something: a server, or an answer from the user. */
const PATIENCE_S = 60;

/** The port that the pages name. */
const WRITTEN_PORT = "127.0.0.1:8787";

/**
 * Stand-ins for the programs that a reader has, by name. A server gets a free port, and `curl`
 * finds it there. Claude Code's first steps are its probe and the list of models.
 */
const PROGRAMS: Readonly<Record<string, string>> = {
  switchyard: `case "\${1-serve}" in
  serve | health | --demo) exec program "$@" --port "$PORT" ;;
  *) exec program "$@" ;;
esac`,
  deno: `cd '${ROOT}'
case "$*" in
  *--demo*) exec real-deno "$@" --port "$PORT" ;;
  *) exec real-deno "$@" ;;
esac`,
  curl: `for word do
  shift
  set -- "$@" "$(printf %s "$word" | sed "s/${WRITTEN_PORT}/127.0.0.1:$PORT/")"
done
exec real-curl -fsS "$@"`,
  claude: `curl --head "$ANTHROPIC_BASE_URL"
curl "$ANTHROPIC_BASE_URL/v1/models" -H "authorization: Bearer $ANTHROPIC_AUTH_TOKEN"`,
  edit: `test -w "$1"`,
};

/** A home of its own, in which the commands of one page run one after the other. */
export interface Sandbox extends AsyncDisposable {
  run(commands: string): Promise<ProgramOutcome>;
  /** Starts a server, and waits until it listens; the one before it ends. */
  runInBackground(commands: string): Promise<void>;
}

/** Opens a sandbox in which `switchyard` is this program: the binary, or the source. */
export async function openSandbox(): Promise<Sandbox> {
  const stack = new AsyncDisposableStack();
  const { path: home } = stack.use(await temporaryFolder());
  const bin = `${home}/bin`;
  await Deno.mkdir(bin);
  await Deno.mkdir(`${home}/work`);
  const programs = { ...PROGRAMS, ...realPrograms() };
  for (const [name, script] of Object.entries(programs)) {
    await Deno.writeTextFile(`${bin}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const { DENO_DIR, HOME, DENO_TLS_CA_STORE } = Deno.env.toObject();
  const options: { readonly cwd: string; readonly env: Record<string, string> } = {
    cwd: `${home}/work`,
    env: {
      HOME: home,
      XDG_CONFIG_HOME: `${home}/config`,
      EDITOR: "edit",
      PATH: `${bin}:/usr/bin:/bin`,
      // Any, until a server has one.
      PORT: "0",
      // Packages are looked for where they are.
      DENO_DIR: DENO_DIR ?? `${HOME}/.cache/deno`,
      ...(DENO_TLS_CA_STORE === undefined ? {} : { DENO_TLS_CA_STORE }),
    },
  };
  const run = (commands: string): Promise<ProgramOutcome> =>
    runTool("timeout", [String(PATIENCE_S), "sh", "-eu", "-c", commands], options);
  let server: AsyncDisposable | undefined;
  const stopServer = async (): Promise<void> => await server?.[Symbol.asyncDispose]();
  stack.defer(stopServer);
  return {
    run,
    async runInBackground(commands): Promise<void> {
      await stopServer();
      server = undefined;
      options.env.PORT = "0";
      const started = await startServer(commands, options);
      server = started;
      options.env.PORT = started.port;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** What the stand-ins call. */
function realPrograms(): Record<string, string> {
  const deno = `exec '${Deno.execPath()}' "$@"`;
  const binary = Deno.env.get("SWITCHYARD_BINARY");
  const allow = ["net", "env", "read", "write"].map((name) => `--allow-${name}`).join(" ");
  const source = `exec real-deno run --no-check --no-prompt ${allow} '${ROOT}main.ts' "$@"`;
  return {
    "real-deno": deno,
    "real-curl": 'exec /usr/bin/curl "$@"',
    program: binary ? `exec '${binary}' "$@"` : source,
  };
}

async function startServer(
  commands: string,
  options: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<AsyncDisposable & { readonly port: string }> {
  // `exec` in front of it, so that the signal reaches the server and not a shell.
  const child = new Deno.Command("sh", {
    args: ["-eu", "-c", `exec ${commands}`],
    ...options,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const listening = Promise.withResolvers<string>();
  let log = "";
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      log += text;
      const [, port] = /listens on http:\/\/[\d.]+:(\d+)/.exec(log) ?? [];
      if (port !== undefined) listening.resolve(port);
    }
    listening.reject(new Error(`the server ended: ${log}`));
  })();
  const port = await soon(listening.promise, "the server of a page listens", 60_000);
  return {
    port,
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill("SIGTERM");
      await child.status;
      await reading;
    },
  };
}
