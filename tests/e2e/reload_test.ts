import { assert, assertEquals } from "@std/assert";
import { plainConfig, temporaryFolder } from "../support/config.ts";

const MAIN = new URL("../../main.ts", import.meta.url);

/** Those of `deno task start`. */
const PERMISSIONS = ["--allow-net", "--allow-env", "--allow-read", "--allow-write"];

/** Long enough for a machine that is busy; no test waits for it to pass. */
const DEADLINE_MS = 60_000;

/** One line of the server's log. */
interface LogLine {
  readonly level: string;
  readonly message: string;
}

/** The program, running on a free port. */
class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<LogLine>;
  readonly #deadline: ReturnType<typeof setTimeout>;
  url = "";

  constructor(config: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-check", "--no-prompt", ...PERMISSIONS, MAIN.href],
        ...["--config", config, "--port", "0", "--log-format", "json"],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#lines = readLines(this.#child.stderr);
    this.#deadline = setTimeout(() => this.kill("SIGKILL"), DEADLINE_MS);
  }

  async start(): Promise<this> {
    const { message } = await this.line((message) => message.includes(" listens on "));
    this.url = message.slice(message.indexOf("http"));
    return this;
  }

  /** Waits for the next log line of that kind. */
  async line(isWanted: (message: string) => boolean): Promise<LogLine> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) throw new Error("The program ended, or said nothing of the kind in time");
      if (isWanted(value.message)) return value;
    }
  }

  async health(): Promise<{ generation: number; error: string | null }> {
    const response = await fetch(`${this.url}/healthz`);
    return (await response.json()).config;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** The exit code, once it has ended. */
  async end(): Promise<number> {
    while (!(await this.#lines.next()).done);
    clearTimeout(this.#deadline);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.end();
  }
}

/** Lines of JSON; others, such as a download that Deno reports, are left out. */
async function* readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<LogLine> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("{")) yield JSON.parse(line);
  }
}

Deno.test({
  name: "the program loads its config again on a change and on SIGHUP, and ends on SIGTERM",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    await using folder = await temporaryFolder({ "proxy.yaml": plainConfig("one") });
    const file = `${folder.path}/proxy.yaml`;
    await using program = await new Program(file).start();
    assertEquals((await program.health()).generation, 1);

    await Deno.writeTextFile(`${file}.new`, plainConfig("two"));
    await Deno.rename(`${file}.new`, file);
    await program.line((message) => message === "config loaded, generation 2 is live");
    assertEquals((await program.health()).generation, 2);

    await Deno.writeTextFile(file, "targets: []\n");
    const wrong = `${file}:1:10 targets: expected a map, got a list`;
    const { level, message } = await program.line((message) => message.startsWith(wrong));
    assertEquals([level, message], ["error", wrong]);
    const { generation, error } = await program.health();
    assertEquals([generation, error], [2, message]);

    await Deno.writeTextFile(file, plainConfig("two"));
    await program.line((message) => message.includes("the live content is back"));
    assertEquals((await program.health()).error, null);

    program.kill("SIGHUP");
    await program.line((message) => message.includes("nothing has changed"));
    assert((await program.health()).generation === 2);

    program.kill("SIGTERM");
    assertEquals(await program.end(), 0);
  },
});
