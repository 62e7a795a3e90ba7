/**
 * Type-checks and runs the tests; the arguments go to `deno test`.
 *
 * The very last line is `N passed, N failed`, with `, N skipped` behind it if there are any.
 */
import { findStd, say, taskArguments } from "./std_source.ts";

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** How long an orphan of a test may hold its output open after the run. */
const ORPHAN_GRACE_MS = 1000;

const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(?: \| (\d+) ignored)?.* \([^()]+\)$/gm;

async function main(): Promise<number> {
  const std = await findStd();
  try {
    if (std.notice) say(std.notice);
    const { code, output } = await runTests([
      ...std.flags,
      ...taskArguments(Deno.args),
    ]);
    const counts = readCounts(output, code);
    say(formatCounts(counts));
    return counts.failed > 0 ? code || 1 : 0;
  } finally {
    await std.dispose();
  }
}

async function runTests(
  args: string[],
): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--no-prompt", "--parallel", ...args],
    cwd: new URL("../", import.meta.url),
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

/** Reads the last summary, so that a test that prints one changes nothing. */
function readCounts(output: string, code: number): Counts {
  // deno-lint-ignore no-control-regex -- colours
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, "");
  const [, passed, failed, skipped] = [...plain.matchAll(SUMMARY)].at(-1) ?? [];
  const counts = {
    passed: Number(passed ?? 0),
    failed: Number(failed ?? 0),
    skipped: Number(skipped ?? 0),
  };
  // No summary at all (a type error), or an error that no test owns.
  const isBroken = passed === undefined || (code !== 0 && counts.failed === 0);
  return isBroken ? { ...counts, failed: 1 } : counts;
}

function formatCounts({ passed, failed, skipped }: Counts): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}

Deno.exit(await main());
