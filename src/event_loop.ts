/** Work on more text or bytes than this makes way for others between its steps. */
export const LARGE = 1024 * 1024;

/** Lets everything that waits have its turn; for work on megabytes, for small things never. */
export function makeWay(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
