import { assert, assertEquals } from "@std/assert";
import { parse } from "yaml";
import { type Exposition, parseExposition } from "../support/exposition.ts";
import { FakeUpstream, json } from "../support/fake_upstream.ts";
import { lacks, runTool } from "../support/outside_programs.ts";
import { completion } from "../support/server_chat.ts";
import { ask, startGateway, targets } from "../support/server_gateway.ts";

const DEPLOY = new URL("../../deploy/", import.meta.url);

interface Query {
  readonly expr: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number };
  readonly targets?: readonly Query[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly Query[] };
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

interface Alerts {
  readonly groups: readonly { readonly rules: readonly Query[] }[];
}

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, DEPLOY));
}

/** A scrape of a gateway that has done a bit of everything. */
async function scrape(): Promise<Exposition> {
  await using down = new FakeUpstream(json({ error: { message: "no" } }, { status: 500 }));
  await using spare = new FakeUpstream(json(completion("ok")));
  const of = ({ url }: FakeUpstream) => ["api_mode: chat_completions", `base_url: ${url}/v1`];
  const retry = "retry: { attempts: 2, max_wait: 1ms }";
  await using gateway = await startGateway(
    targets({ a: [...of(down), "fallback: [b]", retry], b: of(spare) }),
  );
  await (await gateway.post("/a/v1/messages", ask("hi", { top_k: 5 }))).text();
  await (await gateway.post("/a/v1/messages", "{")).text();
  return parseExposition(await (await gateway.get("/metrics")).text());
}

/** Names of metrics in an expression, and of the labels that it picks them by. */
function* selectors(expr: string): Iterable<{ name: string; labels: readonly string[] }> {
  for (
    const [, name = "", inner = ""] of expr.matchAll(
      /\b((?:switchyard|process)_\w+)(?:\{([^}]*)\})?/g,
    )
  ) {
    const labels = [...inner.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = ""]) =>
      label
    );
    yield { name, labels };
  }
}

/** Prometheus adds these to what it scrapes. */
const ADDED = new Set(["instance", "job"]);

async function assertKnown(expressions: readonly string[]): Promise<void> {
  const { types, samples } = await scrape();
  const found = expressions.flatMap((expr) => [...selectors(expr)]);
  assert(found.length >= expressions.length - 1, "each expression but `up` names a metric");
  for (const { name, labels } of found) {
    const family = name.replace(/_(bucket|sum|count)$/, "");
    assert(types.has(name) || types.get(family) === "histogram", `${name} is in no scrape`);
    const own = samples.filter((sample) => sample.name === name);
    for (const label of labels.filter((label) => !ADDED.has(label))) {
      // Of a metric without samples the scrape tells no labels.
      assert(own.every((sample) => label in sample.labels), `${name} has no label ${label}`);
    }
  }
}

Deno.test("every metric of the dashboard is in a scrape, with its labels", async () => {
  const { panels, annotations, templating }: Dashboard = JSON.parse(
    await read("grafana/switchyard.json"),
  );
  const queries = [...panels.flatMap(({ targets = [] }) => targets), ...annotations.list];
  const variables = templating.list.flatMap(({ definition }) => definition ?? []);
  await assertKnown([...queries.map(({ expr }) => expr), ...variables]);
});

Deno.test("the dashboard shows every metric", async () => {
  const text = await read("grafana/switchyard.json");
  const { types } = await scrape();
  // The times of start and load, and the number of threads, are for questions that are rare.
  const rare = /_seconds$(?<!duration_seconds|event_seconds|uptime_seconds)|_threads$/;
  const absent = [...types.keys()].filter((name) => !rare.test(name) && !text.includes(name));
  assertEquals(absent, []);
});

Deno.test("the panels of the dashboard have titles, and none lies over another", async () => {
  const { panels }: Dashboard = JSON.parse(await read("grafana/switchyard.json"));
  assert(panels.every(({ title }) => title !== ""));
  assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
  const places = panels.map(({ gridPos: { x, y } }) => `${x} ${y}`);
  assertEquals(new Set(places).size, panels.length);
  assert(panels.every(({ gridPos: { x, w } }) => x + w <= 24));
});

Deno.test("every metric of the alerts is in a scrape, with its labels", async () => {
  const { groups }: Alerts = parse(await read("prometheus/alerts.yml"));
  const rules = groups.flatMap(({ rules }) => rules);
  assert(rules.length > 0);
  await assertKnown(rules.map(({ expr }) => expr));
});

Deno.test("Prometheus is told to load the alerts that are there", async () => {
  const { rule_files, scrape_configs } = parse(await read("prometheus/prometheus.yml"));
  assertEquals(rule_files, ["alerts.yml"]);
  // The path is left to Prometheus' default, which is /metrics.
  assertEquals(scrape_configs[0].metrics_path, undefined);
});

Deno.test("docs/observability.md names every metric, and none that there is not", async () => {
  const page = await Deno.readTextFile(new URL("../docs/observability.md", DEPLOY));
  const named = [...page.matchAll(/`((?:switchyard|process)_[a-z_]+)`/g)].map(([, name]) => name);
  assertEquals(new Set(named), new Set((await scrape()).types.keys()));
});

Deno.test({
  name: "Prometheus' own tool takes the alerts and a scrape, without a warning",
  ignore: lacks("promtool"),
  async fn(): Promise<void> {
    const rules = new URL("prometheus/alerts.yml", DEPLOY).pathname;
    const { code, out, err } = await runTool("promtool", ["check", "rules", rules]);
    assertEquals(code, 0, out + err);
    await using gateway = await startGateway(targets({
      a: ["api_mode: anthropic_messages", "base_url: http://h"],
    }));
    const command = new Deno.Command("promtool", {
      args: ["check", "metrics"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await (await gateway.get("/metrics")).body?.pipeTo(command.stdin);
    const checked = await command.output();
    const said = [checked.stdout, checked.stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals([checked.code, ...said], [0, "", ""]);
  },
});
