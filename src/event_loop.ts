/** Work on more text or bytes than this makes way for others between its steps. */
export const LARGE = 1024 * 1024;

/** Settles when the last of those who wait here goes on. */
let last: Promise<void> = Promise.resolve();

/**
 * Lets everything that waits have its turn; for work on megabytes, for small things never.
 *
 * Of those who wait here one goes on in each turn of the event loop: all timers that are due would
 * run in the same one, and the steps of eight requests be as one long step.
 */
export function makeWay(): Promise<void> {
  last = last.then(nextTurn);
  return last;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
