import { assertEquals, assertStringIncludes } from "@std/assert";
import { runCli } from "../../src/cli.ts";
import { RecordedIo } from "../support/command_io.ts";
import { plainConfig, temporaryFolder } from "../support/config.ts";
import { usageLine } from "../support/usage_entries.ts";

const LINES = [
  usageLine({ time: "2026-11-20T12:00:00Z", target: "a", key: "laptop", input_tokens: 1_000_000 }),
  usageLine({ time: "2026-11-21T12:00:00Z", target: "b", model: "free", output_tokens: 5 }),
  "{half",
].join("");

/** Runs `switchyard usage` on the lines above. */
async function run(args: readonly string[], yaml = "", lines = LINES) {
  await using folder = await temporaryFolder({
    "proxy.yaml": `${yaml}\n${plainConfig()}`,
    ...(lines === "" ? {} : { "usage-2026-11.jsonl": lines }),
  });
  const io = new RecordedIo();
  const config = `${folder.path}/proxy.yaml`;
  const all = ["usage", "--config", config, "--path", folder.path, ...args];
  return { code: await runCli(all, io), out: io.stdout, err: io.stderr, path: folder.path };
}

const ALL = ["--since", "2026-11-01"];
const PRICES = "prices: { m: { input: 2.5, output: 1 } }";

Deno.test("usage prints a table, and says what its figures do not hold", async () => {
  const { code, out, err } = await run([...ALL, "--by", "target"], PRICES);
  assertEquals(code, 0);
  const rows = out.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assertEquals(rows.slice(1), [
    ["a", "1", "0", "1,000,000", "0", "0", "0", "$2.50"],
    ["b", "1", "0", "0", "5", "0", "0", "-"],
    ["total", "2", "0", "1,000,000", "5", "0", "0", "$2.50"],
  ]);
  assertEquals(err.split("\n"), [
    "1 request without a price, whose cost is in no sum; see 'prices' in docs/usage.md",
    "1 damaged line skipped",
  ]);
});

Deno.test("usage breaks down by several things, with a line for each of their pairs", async () => {
  const { out } = await run([...ALL, "--by", "key,model", "--csv"], PRICES);
  assertEquals(out.split("\r\n").map((line) => line.split(",").slice(0, 3).join(",")), [
    "key,model,requests",
    ",free,1",
    "laptop,m,1",
    "",
  ]);
});

Deno.test("usage --json tells its period and its time zone besides", async () => {
  const { out } = await run([
    "--since",
    "2026-11-20T00:00Z",
    "--until",
    "2026-11-21T00:00Z",
    "--json",
  ]);
  const { since, until, time_zone, rows, total } = JSON.parse(out);
  assertEquals([since, until], ["2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z"]);
  assertEquals(typeof time_zone, "string");
  assertEquals([rows.length, total.requests, total.cost_usd], [1, 1, null]);
});

Deno.test("usage says where it looked when there is none", async () => {
  const { code, err, path } = await run(ALL, "", "");
  assertEquals(code, 1);
  assertStringIncludes(err, `No usage found. Looked in:\n  ${path}\n`);
  assertStringIncludes((await run(ALL, "usage: { enabled: false }", "")).err, "so none is kept");
});

Deno.test("usage looks where the config says", async () => {
  await using folder = await temporaryFolder({ "usage-2026-11.jsonl": LINES });
  await Deno.writeTextFile(
    `${folder.path}/proxy.yaml`,
    `usage: { path: ${folder.path} }\n${plainConfig()}`,
  );
  const io = new RecordedIo();
  const args = ["usage", "--config", `${folder.path}/proxy.yaml`, ...ALL, "--csv"];
  assertEquals(await runCli(args, io), 0);
  assertEquals(io.stdout.split("\r\n").length, 4);
});

const WRONG: { name: string; args: string[]; want: string }[] = [
  {
    name: "a time that is none",
    args: ["--since", "soon"],
    want: "--since 'soon' must be a number",
  },
  { name: "an end that is none", args: ["--until", "7d"], want: "--until '7d' must be" },
  {
    name: "an end before the beginning",
    args: ["--since", "2026-11-02", "--until", "2026-11-01"],
    want: "--until must be later than --since",
  },
  { name: "an unknown grouping", args: ["--by", "day,user"], want: "day, target, key, model" },
  { name: "two formats", args: ["--json", "--csv"], want: "cannot be used with" },
];

for (const { name, args, want } of WRONG) {
  Deno.test(`usage refuses ${name}`, async () => {
    const { code, err } = await run(args);
    assertEquals(code, 2);
    assertStringIncludes(err, want);
  });
}

Deno.test("usage tells what is wrong with its part of the config", async () => {
  const { code, err } = await run(ALL, "prices: { m: 3 }");
  assertEquals(code, 1);
  assertStringIncludes(err, "proxy.yaml:1:14 prices.m: expected a map, got a number");
});
