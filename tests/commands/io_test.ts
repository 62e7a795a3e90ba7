import { assertEquals } from "@std/assert";

/** Runs a program in a process of its own, since what it gives up is gone for good. */
async function run(program: string): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", program],
    cwd: new URL("../../", import.meta.url),
    stdout: "piped",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("processIo.giveUp() leaves no right that it names, and every other one", async () => {
  const states = await run(`
    import { processIo } from "./src/commands/io.ts";
    processIo.giveUp(["write", "run"]);
    const names = ["write", "run", "read", "net", "env"];
    processIo.out(names.map((name) => Deno.permissions.querySync({ name }).state).join(" "));
  `);
  assertEquals(states, "prompt prompt granted granted granted");
});
