import { assertEquals, assertThrows } from "@std/assert";
import { readOptions, UsageError } from "../../bench/options.ts";

const NAMES = ["small", "paced", "memory"];

Deno.test("readOptions() has defaults for everything", () => {
  assertEquals(readOptions([], NAMES), {
    only: undefined,
    rounds: 5,
    scale: 1,
    requests: 100_000,
    json: false,
    help: false,
    upstreamPort: 0,
    against: undefined,
  });
});

Deno.test("readOptions() reads what stands behind the -- of a task", () => {
  const args = "-- --only memory,small --rounds 3 --scale 0.5 --requests 20 --json".split(" ");
  const { only, rounds, scale, requests, json } = readOptions(args, NAMES);
  assertEquals({ only, rounds, scale, requests, json }, {
    only: ["memory", "small"],
    rounds: 3,
    scale: 0.5,
    requests: 20,
    json: true,
  });
});

const GATEWAYS: { name: string; args: string[]; url: string }[] = [
  { name: "a whole URL", args: ["http://h:1/x/v1/messages"], url: "http://h:1/x/v1/messages" },
  { name: "a URL without a path", args: ["http://h:1"], url: "http://h:1/v1/messages" },
  { name: "--path", args: ["http://h:1", "--path", "/a"], url: "http://h:1/a" },
];

for (const { name, args, url } of GATEWAYS) {
  Deno.test(`readOptions() takes ${name} for --against`, () => {
    assertEquals(readOptions(["--against", ...args], NAMES).against?.url.href, url);
  });
}

Deno.test("readOptions() reads how to reach and watch another gateway", () => {
  const args = ["--against", "http://h:1", "--pid", "7", "--header", "x-api-key: a"];
  const { against } = readOptions([...args, "--header", "b: c", "--health", "/up"], NAMES);
  assertEquals(against?.pid, 7);
  assertEquals(against?.headers, ["x-api-key: a", "b: c"]);
  assertEquals(against?.health, "/up");
});

const WRONG: { args: string; says: string }[] = [
  { args: "--only tiny", says: 'knows no "tiny"' },
  { args: "--only ,", says: "it takes small, paced, memory" },
  { args: "--rounds 0", says: "--rounds" },
  { args: "--rounds many", says: "--rounds" },
  { args: "--scale -1", says: "--scale" },
  { args: "--upstream-port x", says: "--upstream-port" },
  { args: "--against nowhere", says: "no URL" },
  { args: "--against https://h", says: "http://" },
  { args: "--against http://h --header novalue", says: "name: value" },
  { args: "--pid 3", says: "--against" },
  { args: "--fast", says: "--fast" },
];

for (const { args, says } of WRONG) {
  Deno.test(`readOptions() refuses ${args}`, () => {
    assertThrows(() => readOptions(args.split(" "), NAMES), UsageError, says);
  });
}
