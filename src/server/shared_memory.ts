import { shortHash } from "../translators/common/hash.ts";
import { ACCOUNT_CELLS, type AccountBook, LocalAccounts } from "./accounts.ts";
import type { Places } from "./open_streams.ts";

/** What the server as a whole does. */
export type Stage = "starting" | "ready" | "draining";

const STAGES: readonly Stage[] = ["starting", "ready", "draining"];

/** Cells of the memory's head, 32 bits each; each thread's requests in flight come behind. */
const STAGE = 0;
const LOG_LOCK = 1;
const ACCOUNTS_LOCK = 2;
const IN_FLIGHT = 3;
const HEAD_CELLS = 4;

/** Keys with limits that there is room for; zero pages take no real memory. */
const MAX_ACCOUNTS = 4096;

/** How long a thread sleeps at most before it looks at a lock again. */
const LOOK_AGAIN_MS = 10;

/**
 * What all threads of the server share: its stage, counts that limits compare, and locks.
 *
 * Each count is kept for each thread, so that those of one that crashed can be taken back.
 */
export class SharedMemory {
  readonly buffer: SharedArrayBuffer;
  readonly threads: number;
  /** Which of the threads this one is; 0 is the main thread. */
  readonly thread: number;
  readonly #head: Int32Array<SharedArrayBuffer>;
  readonly #accounts: Float64Array<SharedArrayBuffer>;

  /** New memory, or in other threads the main thread's. */
  constructor(threads: number, thread = 0, buffer = newBuffer(threads)) {
    this.threads = threads;
    this.thread = thread;
    this.buffer = buffer;
    this.#head = new Int32Array(buffer, 0, HEAD_CELLS + threads);
    this.#accounts = new Float64Array(buffer, headBytes(threads));
  }

  get stage(): Stage {
    return STAGES[Atomics.load(this.#head, STAGE)] ?? "starting";
  }

  set stage(stage: Stage) {
    Atomics.store(this.#head, STAGE, STAGES.indexOf(stage));
  }

  /** The places for requests in flight, which `listen.max_streams` limits. */
  places(): Places {
    const head = this.#head;
    const own = HEAD_CELLS + this.thread;
    return {
      taken: () => Atomics.load(head, IN_FLIGHT),
      take: (max) => {
        for (;;) {
          const taken = Atomics.load(head, IN_FLIGHT);
          if (taken >= max) return false;
          if (Atomics.compareExchange(head, IN_FLIGHT, taken, taken + 1) !== taken) continue;
          Atomics.add(head, own, 1);
          return true;
        }
      },
      giveBack: () => {
        Atomics.sub(head, own, 1);
        Atomics.sub(head, IN_FLIGHT, 1);
      },
    };
  }

  /** The accounts of client keys. Keys beyond those there is room for have one in each thread. */
  accounts(): AccountBook {
    const known = new Map<string, Float64Array>();
    const surplus = new LocalAccounts();
    return {
      use: (name, spend) =>
        this.#alone(ACCOUNTS_LOCK, () => {
          const cells = known.get(name) ?? this.#findAccount(name);
          if (!cells) return surplus.use(name, spend);
          known.set(name, cells);
          return spend(cells, ACCOUNT_CELLS + this.thread);
        }),
    };
  }

  /** Runs what writes to the log while no other thread does. */
  readonly writeInTurn = (write: () => void): void => this.#alone(LOG_LOCK, write);

  /** Takes back what a thread that crashed has counted. */
  forget(thread: number): void {
    const lost = Atomics.exchange(this.#head, HEAD_CELLS + thread, 0);
    Atomics.sub(this.#head, IN_FLIGHT, lost);
    this.#alone(ACCOUNTS_LOCK, () => {
      const size = accountSize(this.threads);
      for (let at = 0; at < this.#accounts.length; at += size) {
        this.#accounts[at + 1 + ACCOUNT_CELLS + thread] = 0;
      }
    });
  }

  /** The cells of a key's account, taken if it has none; undefined if all are taken. */
  #findAccount(name: string): Float64Array | undefined {
    const size = accountSize(this.threads);
    // As many bits as a number holds exactly, so two names never meet by chance; 0 is a free slot.
    const id = parseInt(shortHash(name, 13), 16) || 1;
    for (let step = 0; step < MAX_ACCOUNTS; step++) {
      const at = (id + step) % MAX_ACCOUNTS * size;
      if (this.#accounts[at] === 0) this.#accounts[at] = id;
      if (this.#accounts[at] === id) return this.#accounts.subarray(at + 1, at + size);
    }
    return undefined;
  }

  /** Holds a lock for a moment. What runs so must not wait. */
  #alone<Result>(lock: number, run: () => Result): Result {
    while (Atomics.compareExchange(this.#head, lock, 0, 1) !== 0) {
      Atomics.wait(this.#head, lock, 1, LOOK_AGAIN_MS);
    }
    try {
      return run();
    } finally {
      Atomics.store(this.#head, lock, 0);
      Atomics.notify(this.#head, lock, 1);
    }
  }
}

function newBuffer(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(headBytes(threads) + MAX_ACCOUNTS * accountSize(threads) * 8);
}

/** Cells of one account: whose it is, what `KeyLimits` keeps, and a count for each thread. */
function accountSize(threads: number): number {
  return 1 + ACCOUNT_CELLS + threads;
}

/** The accounts are 64 bits wide and must begin at a multiple of that. */
function headBytes(threads: number): number {
  return Math.ceil((HEAD_CELLS + threads) / 2) * 8;
}
