/**
 * Type-checks and runs the tests; the arguments go to `deno test`.
 *
 * The very last line is `N passed, N failed`, behind one that tells what was skipped, if anything.
 */
import { findStd, say, taskArguments } from "./std_source.ts";
import { formatCounts, readCounts } from "./summary.ts";

/** How long an orphan of a test may hold its output open after the run. */
const ORPHAN_GRACE_MS = 1000;

async function main(): Promise<number> {
  const std = await findStd();
  const state = await Deno.makeTempDir({ prefix: "switchyard_test_state_" });
  try {
    if (std.notice) say(std.notice);
    // The programs that tests start keep no usage where the user's own one does.
    const env = { ...LEAK_CHECKS, STATE_DIRECTORY: state };
    const { code, output } = await runTests([...std.flags, ...taskArguments(Deno.args)], env);
    const counts = readCounts(output, code);
    say(formatCounts(counts));
    return counts.failed > 0 ? code || 1 : 0;
  } finally {
    await Deno.remove(state, { recursive: true });
    await std.dispose();
  }
}

/**
 * Every test closes what it opened. Newer versions of Deno look only when told to; older ones
 * always do, and know neither a flag nor an option for it.
 */
const LEAK_CHECKS = { DENO_TEST_SANITIZE_OPS: "1", DENO_TEST_SANITIZE_RESOURCES: "1" } as const;

async function runTests(
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    // Some tests look at what is kept in memory.
    args: ["test", "--v8-flags=--expose-gc", "--allow-all", "--no-prompt", "--parallel", ...args],
    cwd: new URL("../", import.meta.url),
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  const copied = child.stdout.pipeTo(
    new WritableStream({
      async write(bytes): Promise<void> {
        output += decoder.decode(bytes, { stream: true });
        for (let rest = bytes; rest.length > 0;) {
          rest = rest.subarray(await Deno.stdout.write(rest));
        }
      },
    }),
  );
  const { code } = await child.status;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const grace = new Promise<void>((resolve) => timer = setTimeout(resolve, ORPHAN_GRACE_MS));
  await Promise.race([copied, grace]);
  clearTimeout(timer);
  return { code, output };
}

Deno.exit(await main());
