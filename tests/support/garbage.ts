import { until } from "./server_wait.ts";

declare global {
  /** The collector of garbage; there only with `--v8-flags=--expose-gc`. */
  var gc: ((options?: { readonly type: "minor" }) => void) | undefined;
}

/** True if tests can look at what is kept in memory. */
export const canCollect: boolean = globalThis.gc !== undefined;

/** Waits until nobody keeps the object any more. */
export async function untilGone(object: WeakRef<WeakKey>, what: string): Promise<void> {
  await until(() => {
    globalThis.gc?.();
    return object.deref() === undefined;
  }, what);
}
