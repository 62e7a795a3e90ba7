/**
 * Stands in for `@std/testing/time` where JSR does not answer; see the README.md of this folder.
 *
 * Left out of the real class: the options of its constructor (time that moves by itself).
 */

/** What {@link FakeTime} throws when time is faked twice or restored twice. */
export class TimeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TimeError";
  }
}

type Callback = (...args: unknown[]) => unknown;

interface Timer {
  readonly id: number;
  readonly callback: Callback;
  readonly args: unknown[];
  readonly delayMs: number;
  readonly repeats: boolean;
  due: number;
  /** Orders the timers that are due at the same time. */
  order: number;
}

const REAL = {
  Date: globalThis.Date,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
};
const REAL_ABORT_SIGNAL_TIMEOUT = AbortSignal.timeout;

let current: FakeTime | undefined;
let now = 0;
let lastId = 0;
let lastOrder = 0;
let timers = new Map<number, Timer>();

/** Replaces `Date` and the timers by ones that move only when a test says so. */
export class FakeTime {
  readonly #start: number;

  /**
   * @throws {TimeError} If time is already faked.
   * @throws {TypeError} If the start is not a time.
   */
  constructor(start?: number | string | Date | null) {
    if (current) {
      throw new TimeError("Cannot construct FakeTime: time is already faked");
    }
    this.#start = startTime(start);
    if (Number.isNaN(this.#start)) {
      throw new TypeError(`Cannot construct FakeTime: invalid start time ${this.#start}`);
    }
    now = this.#start;
    timers = new Map();
    lastId = 0;
    current = this;
    fakeGlobals();
  }

  /** Restores real time, whoever faked it. */
  static restore(): void {
    if (!current) {
      throw new TimeError("Cannot restore time: time is already restored");
    }
    current.restore();
  }

  /** Restores real time while a callback runs, until its promise settles. */
  static async restoreFor<T>(
    // deno-lint-ignore no-explicit-any -- the real package's signature
    callback: (...args: any[]) => Promise<T> | T,
    // deno-lint-ignore no-explicit-any -- the real package's signature
    ...args: any[]
  ): Promise<T> {
    if (!current) throw new TimeError("Cannot restore time: time is not faked");
    restoreGlobals();
    try {
      const result = callback(...args);
      if (!(result instanceof Promise)) return result;
      return await result;
    } finally {
      fakeGlobals();
    }
  }

  /** The fake time, in milliseconds since the epoch. */
  get now(): number {
    return now;
  }

  /** Moves time forward and calls what falls due on the way; stops at a callback that throws. */
  set now(value: number) {
    if (value < now) {
      throw new RangeError(
        `Cannot set current time in the past, time must be >= ${now}: received ${value}`,
      );
    }
    for (
      let timer = nextTimer();
      timer && timer.due <= value;
      timer = nextTimer()
    ) {
      now = timer.due;
      if (timer.repeats) {
        timer.due += timer.delayMs;
        timer.order = ++lastOrder;
      } else {
        timers.delete(timer.id);
      }
      timer.callback.apply(null, timer.args);
    }
    now = value;
  }

  /** The fake time at which this began, in milliseconds since the epoch. */
  get start(): number {
    return this.#start;
  }

  /** Waits in real time; fake time stands still. */
  delay(ms: number, options: { signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => {
      REAL.clearTimeout.call(globalThis, timer);
      reject(new DOMException("Delay was aborted.", "AbortError"));
    };
    const timer = REAL.setTimeout.call(globalThis, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    return promise;
  }

  /** Lets everything run that waits for no timer. */
  async runMicrotasks(): Promise<void> {
    await this.delay(0);
  }

  /** Moves time forward by some milliseconds. */
  tick(ms = 0): void {
    this.now += ms;
  }

  /** Runs all microtasks, then moves time forward by some milliseconds. */
  async tickAsync(ms = 0): Promise<void> {
    await this.runMicrotasks();
    this.now += ms;
  }

  /** Moves time forward to the next timer; false if there is none. */
  next(): boolean {
    const timer = nextTimer();
    if (timer) this.now = timer.due;
    return timer !== undefined;
  }

  /** Runs all microtasks, then moves time forward to the next timer; false if there is none. */
  async nextAsync(): Promise<boolean> {
    await this.runMicrotasks();
    return this.next();
  }

  /** Moves time forward until no timer is left. */
  runAll(): void {
    while (this.next());
  }

  /** Moves time forward until no timer is left, with all microtasks run before each. */
  async runAllAsync(): Promise<void> {
    while (timers.size > 0) await this.nextAsync();
  }

  /** Restores real time; timers that still wait are never called. */
  restore(): void {
    if (!current) {
      throw new TimeError("Cannot restore time: time is already restored");
    }
    current = undefined;
    restoreGlobals();
  }

  /** Restores real time at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.restore();
  }
}

function startTime(start: number | string | Date | null | undefined): number {
  if (start instanceof REAL.Date) return start.valueOf();
  if (typeof start === "number") return Math.floor(start);
  if (typeof start === "string") return new REAL.Date(start).valueOf();
  return REAL.Date.now();
}

function nextTimer(): Timer | undefined {
  let next: Timer | undefined;
  for (const timer of timers.values()) {
    const isEarlier = !next || timer.due < next.due ||
      (timer.due === next.due && timer.order < next.order);
    if (isEarlier) next = timer;
  }
  return next;
}

function addTimer(
  callback: unknown,
  delayMs: number,
  { args, repeats }: { args: unknown[]; repeats: boolean },
): number {
  if (!current) throw new TimeError("Cannot set timer: time is not faked");
  if (typeof callback !== "function") {
    throw new TimeError("FakeTime does not support non-function callbacks");
  }
  const delay = Math.max(repeats ? 1 : 0, Math.floor(delayMs));
  const id = ++lastId;
  timers.set(id, {
    id,
    callback: callback as Callback,
    args,
    delayMs: delay,
    repeats,
    due: now + delay,
    order: ++lastOrder,
  });
  return id;
}

function removeTimer(id?: unknown): void {
  if (!current) throw new TimeError("Cannot clear timer: time is not faked");
  if (typeof id === "number") timers.delete(id);
}

function fakeGlobals(): void {
  // Not assigned one by one: the types of the real timers differ between versions of Deno.
  Object.assign(globalThis, {
    Date: FakeDate,
    setTimeout: fakeSetTimeout,
    setInterval: fakeSetInterval,
    clearTimeout: removeTimer,
    clearInterval: removeTimer,
  });
  AbortSignal.timeout = fakeAbortSignalTimeout;
}

function restoreGlobals(): void {
  Object.assign(globalThis, REAL);
  AbortSignal.timeout = REAL_ABORT_SIGNAL_TIMEOUT;
}

function fakeSetTimeout(callback: unknown, delayMs = 0, ...args: unknown[]): number {
  return addTimer(callback, delayMs, { args, repeats: false });
}

function fakeSetInterval(callback: unknown, delayMs = 0, ...args: unknown[]): number {
  return addTimer(callback, delayMs, { args, repeats: true });
}

function fakeAbortSignalTimeout(delayMs: number): AbortSignal {
  const controller = new AbortController();
  fakeSetTimeout(() => {
    controller.abort(new DOMException("Signal timed out.", "TimeoutError"));
  }, delayMs);
  return controller.signal;
}

function fakeNow(): number {
  return current ? now : REAL.Date.now();
}

const FakeDate = new Proxy(REAL.Date, {
  construct: (target, args) => Reflect.construct(target, args.length === 0 ? [fakeNow()] : args),
  apply: (target) => new target(fakeNow()).toString(),
  get: (target, key, receiver) => key === "now" ? fakeNow : Reflect.get(target, key, receiver),
});
