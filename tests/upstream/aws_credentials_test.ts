import {
  assertEquals,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { configureLog, getLogger } from "../../src/log.ts";
import {
  AwsCredentials,
  awsCredentials,
  type AwsIdentity,
} from "../../src/upstream/aws_credentials.ts";

/** A chain that hands out one identity after the other when it is forced to. */
class FakeChain {
  loads = 0;
  refreshes = 0;
  readonly #gate = Promise.withResolvers<void>();

  readonly load = () => {
    this.loads++;
    return Promise.resolve(this.provide);
  };

  readonly provide = async (
    { forceRefresh = false }: { readonly forceRefresh?: boolean } = {},
  ): Promise<AwsIdentity> => {
    if (forceRefresh) {
      const next = ++this.refreshes;
      await this.#gate.promise;
      return identity(next);
    }
    return identity(this.refreshes === 0 ? 0 : this.refreshes);
  };

  open(): void {
    this.#gate.resolve();
  }
}

function identity(number: number): AwsIdentity {
  return {
    accessKeyId: `AKID${number}`,
    secretAccessKey: `secret-number-${number}`,
    sessionToken: `token-number-${number}`,
  };
}

Deno.test("AwsCredentials asks for its chain once", async () => {
  const chain = new FakeChain();
  const credentials = new AwsCredentials(chain.load);
  assertEquals(chain.loads, 0);
  const all = await Promise.all([1, 2, 3].map(() => credentials.get()));
  assertEquals(all, [identity(0), identity(0), identity(0)]);
  assertEquals(chain.loads, 1);
});

Deno.test("AwsCredentials asks for its chain again if it could not be loaded", async () => {
  const chain = new FakeChain();
  let failures = 1;
  const credentials = new AwsCredentials(() =>
    failures-- > 0 ? Promise.reject(new Error("no such module")) : chain.load()
  );
  await assertRejects(() => credentials.get(), Error, "no such module");
  assertEquals(await credentials.get(), identity(0));
});

Deno.test("AwsCredentials replaces what was refused once, however many ask and whenever", async () => {
  const chain = new FakeChain();
  const credentials = new AwsCredentials(chain.load);
  const refused = await credentials.get();
  const early = [1, 2, 3].map(() => credentials.replace(refused));
  chain.open();
  assertEquals(await Promise.all(early), [identity(1), identity(1), identity(1)]);
  assertEquals(await credentials.replace(refused), identity(1));
  assertEquals(chain.refreshes, 1);
  assertEquals(await credentials.replace(identity(1)), identity(2));
  assertEquals(chain.refreshes, 2);
});

Deno.test("AwsCredentials lets no log show what it has", async () => {
  const lines: string[] = [];
  configureLog({ format: "json", write: (line) => lines.push(line) });
  const credentials = new AwsCredentials(new FakeChain().load);
  const { secretAccessKey, sessionToken } = await credentials.get();
  getLogger("test").info(`here is ${secretAccessKey}`, { reason: `and ${sessionToken}` });
  configureLog({});
  assertEquals(lines.length, 1);
  assertEquals(JSON.parse(lines[0] ?? "").message, "here is [redacted]");
  assertEquals(JSON.parse(lines[0] ?? "").reason, "and [redacted]");
});

Deno.test("awsCredentials() are the same for every target of a profile", () => {
  assertStrictEquals(awsCredentials("a"), awsCredentials("a"));
  assertNotStrictEquals(awsCredentials("a"), awsCredentials("b"));
  assertNotStrictEquals(awsCredentials("a"), awsCredentials(undefined));
});
