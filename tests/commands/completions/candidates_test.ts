import { assertEquals } from "@std/assert";
import { Argument, Command, Option } from "commander";
import { complete } from "../../../src/commands/completions/candidates.ts";

function program(): Command {
  const made = new Command("p").helpOption("-h, --help", "help");
  const config = () => new Option("-c, --config <path>", "config");
  made.command("serve", { isDefault: true }).summary("run").addOption(config())
    .option("--host <host>").option("--demo", "demo")
    .addOption(new Option("--level <level>").choices(["debug", "info"]));
  made.command("env").argument("<target>").addOption(config())
    .addOption(new Option("--shell <shell>").choices(["sh", "fish"]));
  made.command("init").argument("[path]");
  made.command("script").addArgument(new Argument("<shell>").choices(["bash", "zsh"]));
  const group = made.command("service");
  group.command("install").option("--system", "for all");
  group.command("status");
  made.command("hidden", { hidden: true });
  return made;
}

const SOURCES = {
  targets: (config: string | undefined) => [config ?? "found", "gpt", "glm"],
};

const CASES: { line: string; want: string[] | "files" }[] = [
  { line: "", want: ["serve", "env", "init", "script", "service", "help"] },
  { line: "se", want: ["serve", "service"] },
  { line: "x", want: [] },
  { line: "--", want: ["--help", "--config", "--host", "--demo", "--level"] },
  { line: "--demo ", want: ["serve", "env", "init", "script", "service", "help"] },
  { line: "--level ", want: ["debug", "info"] },
  { line: "--level=d", want: ["--level=debug"] },
  { line: "--level = d", want: ["debug"] },
  { line: "--level =", want: ["debug", "info"] },
  { line: "serve --host ", want: [] },
  { line: "serve --config ", want: "files" },
  { line: "-c ", want: "files" },
  { line: "--config=x", want: "files" },
  { line: "env ", want: ["found", "gpt", "glm"] },
  { line: "env g", want: ["gpt", "glm"] },
  { line: "env --config other ", want: ["other", "gpt", "glm"] },
  { line: "env -c other ", want: ["other", "gpt", "glm"] },
  { line: "env --config=other ", want: ["other", "gpt", "glm"] },
  { line: "env gpt ", want: [] },
  { line: "env gpt --s", want: ["--shell"] },
  { line: "env gpt --shell f", want: ["fish"] },
  { line: "env --shell fish g", want: ["gpt", "glm"] },
  { line: "init ", want: "files" },
  { line: "script ", want: ["bash", "zsh"] },
  { line: "service ", want: ["install", "status", "help"] },
  { line: "service install --s", want: ["--system"] },
  { line: "service install ", want: [] },
];

for (const { line, want } of CASES) {
  Deno.test(`complete() knows what fits behind 'p ${line}'`, () => {
    const completion = complete(program(), line.split(" "), SOURCES);
    assertEquals(completion === "files" ? completion : completion.map(({ word }) => word), want);
  });
}
