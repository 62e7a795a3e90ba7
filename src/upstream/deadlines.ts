/** A moment by which something has to be over. */
export interface Deadline {
  /** On the clock of `performance.now`; never, if it is infinite. */
  at: number;
  readonly onMiss: () => void;
}

/** Several deadlines on one timer: most of them never come, and each timer costs a few microseconds. */
export class Deadlines {
  #deadlines: Deadline[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #armedFor = Infinity;

  /** Adds a deadline, in milliseconds from now, or one that is set by {@link move}. */
  add(onMiss: () => void, milliseconds = Infinity): Deadline {
    const deadline = { at: Infinity, onMiss };
    this.#deadlines.push(deadline);
    this.move(deadline, milliseconds);
    return deadline;
  }

  /** Sets a deadline anew, in milliseconds from now. */
  move(deadline: Deadline, milliseconds: number): void {
    deadline.at = performance.now() + milliseconds;
    this.#arm(deadline.at);
  }

  /** Forgets all of them, and those that are added later. */
  close(): void {
    clearTimeout(this.#timer);
    this.#armedFor = -Infinity;
  }

  /** A timer that is armed too early is wound up again when it fires: reads are too many for one each. */
  #arm(at: number): void {
    if (at >= this.#armedFor) return;
    clearTimeout(this.#timer);
    this.#armedFor = at;
    this.#timer = setTimeout(this.#check, at - performance.now());
  }

  readonly #check = (): void => {
    this.#armedFor = Infinity;
    // A timer may fire a fraction of a millisecond early.
    const now = performance.now() + 1;
    const missed = this.#deadlines.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    for (const deadline of missed) deadline.at = Infinity;
    for (const { onMiss } of missed) onMiss();
    this.#arm(Math.min(Infinity, ...this.#deadlines.map(({ at }) => at)));
  };
}
