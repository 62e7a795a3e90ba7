import { cpuWorks } from "./cpu.ts";
import { firstEvent } from "./first_event.ts";
import { large } from "./large.ts";
import { memory } from "./memory.ts";
import { openStreams } from "./open_streams.ts";
import { pacedWorks } from "./paced.ts";
import { start } from "./start.ts";
import type { Work } from "./work.ts";
import { workers } from "./workers.ts";

/** All works, in the order in which they run. */
export const WORKS: readonly Work[] = [
  ...cpuWorks,
  ...pacedWorks,
  firstEvent,
  large,
  openStreams,
  start,
  memory,
  workers,
];
