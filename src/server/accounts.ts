/** Cells of an account, before the counts of requests in flight, one for each thread. */
export const ACCOUNT_CELLS = 4;

/** Works on the cells of an account; `own` is the cell with this thread's requests in flight. */
export type Spend<Result> = (cells: Float64Array, own: number) => Result;

/** Where the accounts of client keys are kept, by the key's name. */
export interface AccountBook {
  /** Runs `spend` on an account, which begins as zeros, while nobody else does. */
  use<Result>(name: string, spend: Spend<Result>): Result;
}

/** The accounts of one thread. */
export class LocalAccounts implements AccountBook {
  readonly #accounts = new Map<string, Float64Array>();

  use<Result>(name: string, spend: Spend<Result>): Result {
    let cells = this.#accounts.get(name);
    if (!cells) {
      cells = new Float64Array(ACCOUNT_CELLS + 1);
      this.#accounts.set(name, cells);
    }
    return spend(cells, ACCOUNT_CELLS);
  }
}
