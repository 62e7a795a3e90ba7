/**
 * Stands in for `@std/testing/mock` where JSR does not answer; see the README.md of this folder.
 *
 * Left out of the real module: spies on constructors, sessions and the rarer assertions.
 */
// deno-lint-ignore-file no-explicit-any explicit-module-boundary-types -- the real package's
// signatures: any function can be spied
import { assertEquals, AssertionError, assertIsError, assertRejects } from "../assert.ts";

/** What a spy throws when it is misused. */
export class MockError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MockError";
  }
}

/** One recorded call. */
export interface SpyCall<Self = any, Args extends unknown[] = any[], Return = any> {
  args: Args;
  returned?: Return;
  error?: Error;
  self?: Self;
}

/** A function that records its calls. */
export interface Spy<Self = any, Args extends unknown[] = any[], Return = any> {
  (this: Self, ...args: Args): Return;
  original: (this: Self, ...args: Args) => Return;
  calls: SpyCall<Self, Args, Return>[];
  restored: boolean;
  restore(): void;
}

/** A spy in the place of a method. */
export interface MethodSpy<Self = any, Args extends unknown[] = any[], Return = any>
  extends Spy<Self, Args, Return>, Disposable {}

/** A spy in the place of a method that does something else. */
export interface Stub<Self = any, Args extends unknown[] = any[], Return = any>
  extends MethodSpy<Self, Args, Return> {
  fake: (this: Self, ...args: Args) => Return;
}

/** The parameters of a method. */
export type GetParametersFromProp<Self, Prop extends keyof Self> = Self[Prop] extends
  (...args: infer Args) => unknown ? Args : unknown[];

/** What a method returns. */
export type GetReturnFromProp<Self, Prop extends keyof Self> = Self[Prop] extends
  (...args: any[]) => infer Return ? Return : unknown;

/** What {@link assertSpyCall} compares; what is absent is not compared. */
export interface ExpectedSpyCall<Self = any, Args extends unknown[] = any[], Return = any> {
  args?: [...Args, ...unknown[]];
  self?: Self;
  returned?: Return;
  error?: { Class?: new (...args: any[]) => Error; msgIncludes?: string };
}

/** Records the calls of a function, or of a method, which still does what it did. */
export function spy<Self = any, Args extends unknown[] = any[], Return = undefined>(): Spy<
  Self,
  Args,
  Return
>;
export function spy<Self, Args extends unknown[], Return>(
  func: (this: Self, ...args: Args) => Return,
): Spy<Self, Args, Return>;
export function spy<Self, Prop extends keyof Self>(
  self: Self,
  property: Prop,
): MethodSpy<Self, GetParametersFromProp<Self, Prop>, GetReturnFromProp<Self, Prop>>;
export function spy(target?: any, property?: PropertyKey): Spy {
  if (property !== undefined) {
    if (typeof target[property] !== "function") {
      throw new MockError("Cannot spy: property is not an instance method");
    }
    return replaceMethod(target, property, {
      fake: target[property],
      verb: "spy",
    });
  }
  return record(target ?? (() => {}), {
    restored: { enumerable: true, get: () => false },
    restore: {
      enumerable: true,
      value: () => {
        throw new MockError("Cannot restore: function cannot be restored");
      },
    },
  });
}

/** Puts another function in the place of a method and records its calls. */
export function stub<Self, Prop extends keyof Self>(
  self: Self,
  property: Prop,
): Stub<Self, GetParametersFromProp<Self, Prop>, GetReturnFromProp<Self, Prop>>;
export function stub<Self, Prop extends keyof Self>(
  self: Self,
  property: Prop,
  func: (this: Self, ...args: GetParametersFromProp<Self, Prop>) => GetReturnFromProp<Self, Prop>,
): Stub<Self, GetParametersFromProp<Self, Prop>, GetReturnFromProp<Self, Prop>>;
export function stub(
  self: any,
  property: PropertyKey,
  func: (...args: any[]) => any = () => {},
): Stub {
  if (self[property] !== undefined && typeof self[property] !== "function") {
    throw new MockError("Cannot stub: property is not an instance method");
  }
  const replaced = replaceMethod(self, property, { fake: func, verb: "stub" });
  Object.defineProperty(replaced, "fake", { enumerable: true, value: func });
  return replaced as Stub;
}

/** Asserts how often a spy was called. */
export function assertSpyCalls(spy: Spy, expectedCalls: number): void {
  if (spy.calls.length === expectedCalls) return;
  const problem = spy.calls.length < expectedCalls
    ? "Spy not called as much as expected"
    : "Spy called more than expected";
  throw new AssertionError(`${problem}: ${spy.calls.length} instead of ${expectedCalls} times`);
}

/** Asserts how one call of a spy went. */
export function assertSpyCall<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  callIndex: number,
  expected: ExpectedSpyCall<Self, Args, Return> = {},
): void {
  const call = callAt(spy, callIndex);
  if (expected.args) {
    assertEquals<unknown[]>(call.args, expected.args, "Spy not called with expected args");
  }
  if ("self" in expected) {
    assertEquals(call.self, expected.self, "Spy not called as method on expected self");
  }
  if ("returned" in expected) {
    if ("error" in expected) {
      throw new TypeError("Do not expect error and return, only one should be expected");
    }
    if (call.error) {
      throw new AssertionError("Spy call did not return expected value, an error was thrown.");
    }
    assertEquals(call.returned, expected.returned, "Spy call did not return expected value");
  }
  if ("error" in expected) {
    if ("returned" in call) {
      throw new AssertionError("Spy call did not throw an error, a value was returned.");
    }
    assertIsError(call.error, expected.error?.Class, expected.error?.msgIncludes);
  }
}

/** Asserts how one call of a spy went, and how the promise that it returned settled. */
export async function assertSpyCallAsync<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Promise<Return>>,
  callIndex: number,
  expected: ExpectedSpyCall<Self, Args, Promise<Return> | Return> = {},
): Promise<void> {
  const { returned, error, ...rest } = expected;
  assertSpyCall(spy, callIndex, rest);
  const call = callAt(spy, callIndex);
  if (!(call.returned instanceof Promise)) {
    throw new AssertionError("Spy call did not return a promise");
  }
  const promise = call.returned;
  if ("error" in expected) {
    await assertRejects(() => promise, error?.Class ?? Error, error?.msgIncludes ?? "");
  } else if ("returned" in expected) {
    assertEquals(await promise, await returned, "Spy call did not resolve to expected value");
  }
}

/** Builds a function that returns the next of some values at each call and throws the errors. */
export function returnsNext<Return, Self = any, Args extends unknown[] = any[]>(
  values: Iterable<Return | Error>,
): (this: Self, ...args: Args) => Return {
  const iterator = values[Symbol.iterator]();
  let calls = 0;
  return () => {
    const next = iterator.next();
    if (next.done) {
      throw new MockError(`Not expected to be called more than ${calls} time(s)`);
    }
    calls++;
    if (next.value instanceof Error) throw next.value;
    return next.value;
  };
}

/** Builds a function that resolves to the next of some values at each call. */
export function resolvesNext<Return, Self = any, Args extends unknown[] = any[]>(
  values: Iterable<Return | Error | Promise<Return | Error>>,
): (this: Self, ...args: Args) => Promise<Return> {
  const iterator = values[Symbol.iterator]();
  let calls = 0;
  return async () => {
    const next = iterator.next();
    if (next.done) {
      throw new MockError(`Not expected to be called more than ${calls} time(s)`);
    }
    calls++;
    const value = await next.value;
    if (value instanceof Error) throw value;
    return value;
  };
}

function replaceMethod(
  self: any,
  property: PropertyKey,
  { fake, verb }: { fake: (...args: any[]) => any; verb: string },
): MethodSpy {
  const original = self[property];
  if (original && "calls" in original && "restored" in original) {
    throw new MockError(`Cannot ${verb}: already spying on instance method`);
  }
  const descriptor = Object.getOwnPropertyDescriptor(self, property);
  if (descriptor && !descriptor.configurable) {
    throw new MockError(`Cannot ${verb}: non-configurable instance method`);
  }
  let restored = false;
  const restore = (): void => {
    if (restored) {
      throw new MockError("Cannot restore: instance method already restored");
    }
    if (descriptor) Object.defineProperty(self, property, descriptor);
    else delete self[property];
    restored = true;
  };
  const replacement = record(fake, {
    original: { enumerable: true, value: original },
    restored: { enumerable: true, get: () => restored },
    restore: { enumerable: true, value: restore },
    [Symbol.dispose]: { value: restore },
  });
  Object.defineProperty(self, property, {
    configurable: true,
    enumerable: descriptor?.enumerable ?? false,
    writable: descriptor?.writable ?? false,
    value: replacement,
  });
  return replacement as MethodSpy;
}

function record(fake: (...args: any[]) => any, properties: PropertyDescriptorMap): Spy {
  const calls: SpyCall[] = [];
  const recorder = function (this: unknown, ...args: unknown[]): unknown {
    const call: SpyCall = { args };
    if (this) call.self = this;
    try {
      call.returned = fake.apply(this, args);
      return call.returned;
    } catch (error) {
      call.error = error as Error;
      throw error;
    } finally {
      calls.push(call);
    }
  };
  return Object.defineProperties(recorder, {
    original: { enumerable: true, value: fake },
    calls: { enumerable: true, value: calls },
    ...properties,
  }) as unknown as Spy;
}

function callAt<Self, Args extends unknown[], Return>(
  spy: Spy<Self, Args, Return>,
  index: number,
): SpyCall<Self, Args, Return> {
  const call = spy.calls[index];
  if (!call) throw new AssertionError("Spy not called as much as expected");
  return call;
}
