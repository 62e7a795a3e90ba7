import { assertEquals } from "@std/assert";
import { readUsageSettings } from "../../src/config/usage_settings.ts";
import { configOf, plainConfig, problemsOf, tableSources } from "../support/config.ts";

const DEFAULTS = { enabled: true, path: undefined, keepDays: 90 };

Deno.test("usage is kept for 90 days in the state directory if nothing is said", async () => {
  assertEquals((await configOf(plainConfig())).usage, DEFAULTS);
});

Deno.test("usage takes what the file says", async () => {
  const yaml = `usage: { enabled: false, path: "\${DIR}/u", keep: 7d }\n${plainConfig()}`;
  const { usage } = await configOf(yaml, { env: { DIR: "/srv" } });
  assertEquals(usage, { enabled: false, path: "/srv/u", keepDays: 7 });
});

const PROBLEMS: { name: string; yaml: string; want: string }[] = [
  {
    name: "a relative path",
    yaml: "usage: { path: here }",
    want: "f:1:16 usage.path: must be an absolute path, such as '${HOME}/switchyard-usage'",
  },
  {
    name: "another unit than days",
    yaml: "usage: { keep: 90h }",
    want: "f:1:16 usage.keep: must be a number of days such as '90d'",
  },
  {
    name: "a price without output",
    yaml: "prices: { m: { input: 1 } }",
    want: "f:1:11 prices.m.output: is missing",
  },
  {
    name: "a negative price",
    yaml: "prices: { m: { input: -1, output: 1 } }",
    want: "f:1:23 prices.m.input: must be at least 0",
  },
  {
    name: "a typo",
    yaml: "prices: { m: { input: 1, output: 1, cache_reads: 1 } }",
    want: "f:1:37 prices.m.cache_reads: unknown key; did you mean 'cache_read'?",
  },
];

for (const { name, yaml, want } of PROBLEMS) {
  Deno.test(`the config refuses ${name}`, async () => {
    assertEquals(await problemsOf(`${yaml}\n${plainConfig()}`), want);
    const { settings, problems } = readUsageSettings(yaml, tableSources());
    assertEquals([settings, problems.length], [undefined, 1]);
  });
}

Deno.test("readUsageSettings() needs neither the variables nor the targets of the server", () => {
  const yaml = "targets: { a: { api_key: ${UNSET}, nonsense: 1 } }\nusage: { keep: 3d }\n";
  const { settings, problems } = readUsageSettings(yaml, tableSources());
  assertEquals(problems, []);
  assertEquals(settings, { usage: { ...DEFAULTS, keepDays: 3 }, prices: [] });
});

Deno.test("readUsageSettings() needs the variables that it names itself", () => {
  const yaml = "targets: {}\nusage: { path: ${UNSET} }\n";
  const { settings, problems } = readUsageSettings(yaml, tableSources());
  assertEquals([settings, problems.map(({ path }) => path)], [undefined, ["usage.path"]]);
});

Deno.test("readUsageSettings() keeps the order of prices, also of names like numbers", () => {
  const yaml = "prices:\n  b*: { input: 1, output: 2 }\n  '1': { input: 0, output: 0 }\n";
  const { settings } = readUsageSettings(yaml, tableSources());
  assertEquals(settings?.prices.map(({ pattern }) => pattern), ["b*", "1"]);
});

Deno.test("readUsageSettings() refuses a text that is no YAML", () => {
  assertEquals(readUsageSettings("a: [", tableSources()).settings, undefined);
});
