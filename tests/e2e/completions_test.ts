import { assertEquals } from "@std/assert";
import { temporaryFolder } from "../support/config.ts";
import { skipped } from "../support/outside_program.ts";
import { commandOf } from "../support/server_program.ts";
import { soon } from "../support/server_wait.ts";

const CONFIG = "targets:\n  deepseek: {}\n  glm: {}\n  gpt: {}\n";

/** What a shell says in a folder with a config, with the program on its path. */
async function say(
  shell: string,
  args: string[],
  debianPackage = shell,
): Promise<string | undefined> {
  await using folder = await temporaryFolder({ "proxy.yaml": CONFIG, "notes.txt": "" });
  const { command, args: first } = commandOf([]);
  const words = [command, ...first].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  await Deno.mkdir(`${folder.path}/bin`);
  const program = `${folder.path}/bin/switchyard`;
  await Deno.writeTextFile(program, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  try {
    const child = new Deno.Command(shell, {
      args,
      cwd: folder.path,
      stdin: "null",
      stderr: "inherit",
      stdout: "piped",
      env: {
        PATH: `${folder.path}/bin:${Deno.env.get("PATH")}`,
        HOME: folder.path,
        XDG_CONFIG_HOME: `${folder.path}/none`,
        SWITCHYARD_CONFIG: "",
        TERM: "xterm",
        // Deno keeps what it has compiled in the home of the user.
        DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
      },
    }).spawn();
    const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
    const { stdout } = await soon(child.output(), `${shell} ends`, 60_000);
    clearTimeout(timer);
    return new TextDecoder().decode(stdout).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    skipped(shell, debianPackage);
    return undefined;
  }
}

/** Lines, and what each shell offers behind them. */
const LINES: { line: string; want: string[] }[] = [
  { line: "ser", want: ["serve", "service"] },
  { line: "env ", want: ["deepseek", "glm", "gpt"] },
  { line: "env gpt --shell p", want: ["powershell"] },
  { line: "service ins", want: ["install"] },
];

for (const { line, want } of LINES) {
  Deno.test(`bash completes 'switchyard ${line}'`, async () => {
    const script = `source <(switchyard completions bash)
      COMP_WORDS=(switchyard "$@") COMP_CWORD=$#
      _switchyard; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const said = await say("bash", ["--norc", "-c", script, "bash", ...line.split(" ")]);
    if (said !== undefined) assertEquals(said.split("\n").sort(), want);
  });

  Deno.test(`zsh completes 'switchyard ${line}'`, async () => {
    const script = `autoload -U compinit; compinit -D -u
      source <(switchyard completions zsh)
      _describe() { print -rl -- "\${(@P)2}" }
      words=(switchyard "$@") CURRENT=$(($# + 1))
      _switchyard`;
    const said = await say("zsh", ["-f", "-c", script, "zsh", ...line.split(" ")]);
    const found = said?.split("\n").map((one) => one.replace(/:.*/, "")).sort();
    if (found !== undefined) assertEquals(found, want);
  });

  Deno.test(`fish completes 'switchyard ${line}'`, async () => {
    const script = "switchyard completions fish | source; complete -C $argv[1]";
    const said = await say("fish", ["--no-config", "-c", script, `switchyard ${line}`]);
    const found = said?.split("\n").map((one) => one.replace(/\t.*/, "")).sort();
    if (found !== undefined) assertEquals(found, want);
  });
}

Deno.test("zsh completes a target at the key of the tabulator", async () => {
  const script = `zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell 'PS1=; autoload -U compinit; compinit -D -u'
    zpty -w shell 'source <(switchyard completions zsh); print REA""DY'
    zpty -r shell seen '*READY*'
    zpty -n -w shell $'switchyard env deep\\t'
    zpty -r shell seen '*deepseek*'
    print completed`;
  const said = await say("zsh", ["-f", "-c", script]);
  if (said !== undefined) assertEquals(said, "completed");
});

Deno.test("fish completes files where a path is wanted", async () => {
  const script =
    "switchyard completions fish | source; complete -C 'switchyard check --config notes'";
  const said = await say("fish", ["--no-config", "-c", script]);
  if (said !== undefined) assertEquals(said, "notes.txt");
});
