/** CPU time of a process at one moment, from two sources. */
export interface CpuReading {
  /** Nanoseconds of each thread that lives, by its id. */
  readonly threads: ReadonlyMap<string, number>;
  /** Milliseconds of all threads, ended ones too, rounded down to a tick. */
  readonly ticksMs: number;
}

/** What `/proc/<pid>/stat` counts in. */
const TICK_MS = 10;

/** Reads the CPU time of a process: exact for each thread, and in ticks for all of them. */
export function readCpu(pid: number): CpuReading {
  const threads = new Map<string, number>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    try {
      const schedstat = Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`);
      threads.set(name, Number(schedstat.split(" ", 1)[0]));
    } catch (error) {
      // The thread ended meanwhile.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // Behind the name in parentheses: utime and stime are the fields 14 and 15 of the line.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { threads, ticksMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
}

/**
 * Milliseconds of CPU time from one reading to the next.
 *
 * The sum over the threads is exact, but misses threads that ended: where the ticks say clearly
 * more, they are right.
 */
export function cpuMsBetween(before: CpuReading, after: CpuReading): number {
  let nanoseconds = 0;
  for (const [thread, time] of after.threads) {
    nanoseconds += time - (before.threads.get(thread) ?? 0);
  }
  const exact = nanoseconds / 1e6;
  const ticks = after.ticksMs - before.ticksMs;
  return ticks - TICK_MS > exact ? ticks : exact;
}

/** CPU time in milliseconds that a process spends while something runs. */
export async function cpuOf(pid: number, run: () => Promise<unknown>): Promise<number> {
  const before = readCpu(pid);
  await run();
  return cpuMsBetween(before, readCpu(pid));
}
