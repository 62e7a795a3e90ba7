import { cpuWorks } from "./cpu.ts";
import type { Work } from "./work.ts";

/** All works, in the order in which they run. */
export const WORKS: readonly Work[] = [...cpuWorks];
