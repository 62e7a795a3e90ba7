import { Bag, type Entry } from "../bag.ts";

/** A moment by which something has to be over. */
export interface Deadline {
  /** On the clock of `performance.now`; never, if it is infinite. */
  at: number;
  readonly onMiss: () => void;
}

/** A timer for longer fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Every deadline that may be missed. */
const open = new Bag<Deadline>();
let timer: ReturnType<typeof setTimeout> | undefined;
let armedFor = Infinity;

/**
 * What one call has to be done by.
 *
 * All calls share one timer. Most deadlines never come, so that a timer for each would be set and
 * cleared for nothing, which takes longer than all else about them.
 */
export class Deadlines {
  readonly #own: Entry<Deadline>[] = [];
  #closed = false;

  /** Adds a deadline, in milliseconds from now, or one that is set by {@link move}. */
  add(onMiss: () => void, milliseconds = Infinity): Deadline {
    const deadline = { at: Infinity, onMiss };
    if (this.#closed) return deadline;
    this.#own.push(open.add(deadline));
    this.move(deadline, milliseconds);
    return deadline;
  }

  /** Sets a deadline anew, in milliseconds from now. */
  move(deadline: Deadline, milliseconds: number): void {
    deadline.at = performance.now() + milliseconds;
    if (!this.#closed) arm(deadline.at);
  }

  /** Forgets a deadline that was kept, and what it would have done. */
  remove(deadline: Deadline): void {
    const at = this.#own.findIndex(({ item }) => item === deadline);
    for (const entry of at < 0 ? [] : this.#own.splice(at, 1)) forget(entry);
  }

  /** Forgets all of them, and those that are added later. */
  close(): void {
    this.#closed = true;
    for (const entry of this.#own.splice(0)) forget(entry);
    if (open.size > 0) return;
    clearTimeout(timer);
    armedFor = Infinity;
  }
}

/** A deadline that was missed at the same time as another may still wait for its turn. */
function forget(entry: Entry<Deadline>): void {
  open.remove(entry);
  entry.item.at = Infinity;
}

/** Earlier than needed does no harm: the timer is then armed anew when it fires. */
function arm(at: number): void {
  if (at >= armedFor) return;
  clearTimeout(timer);
  armedFor = at;
  timer = setTimeout(check, Math.min(LONGEST_MS, Math.max(0, at - performance.now())));
}

function check(): void {
  armedFor = Infinity;
  // A timer may fire a fraction of a millisecond early.
  const now = performance.now() + 1;
  let next = Infinity;
  const missed: Deadline[] = [];
  for (const deadline of open.items()) {
    if (deadline.at <= now) missed.push(deadline);
    else if (deadline.at < next) next = deadline.at;
  }
  arm(next + slack(next - now));
  for (const deadline of missed.sort((a, b) => a.at - b.at)) {
    // One that was missed before it may have ended its call.
    if (deadline.at > now) continue;
    deadline.at = Infinity;
    deadline.onMiss();
  }
}

/**
 * How late a far deadline may be noticed, in milliseconds: thousands of streams must not each wake
 * up the check of all others.
 */
function slack(left: number): number {
  return Math.min(100, left / 50);
}
