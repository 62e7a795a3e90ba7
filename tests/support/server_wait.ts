/** A deadline that only a broken program reaches. */
export const PATIENCE_MS = 10_000;

/** The value, or an error that says what did not happen. */
export async function soon<Value>(
  value: Promise<Value>,
  what: string,
  maxMs = PATIENCE_MS,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${maxMs} ms: ${what}`)), maxMs);
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until a condition holds, looking again and again. */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  what: string,
  maxMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + maxMs;
  while (!await isTrue()) {
    if (performance.now() > end) throw new Error(`not within ${maxMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** How long something took, in milliseconds. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
