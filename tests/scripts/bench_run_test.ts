import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
const isLinux = Deno.build.os === "linux";

async function bench(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "--allow-all", "bench/main.ts", ...args],
    cwd: ROOT,
    stdin: "null",
    stderr: "inherit",
  }).output();
  return { code, lines: new TextDecoder().decode(stdout).trimEnd().split("\n") };
}

Deno.test("bench --help names the works", async () => {
  const { code, lines } = await bench("--help");
  assertEquals(code, 0);
  for (const name of ["small", "relay-long", "paced", "start", "* memory", "* workers"]) {
    assert(lines.some((line) => line.trim().startsWith(name)), name);
  }
});

Deno.test("bench refuses what it does not know", async () => {
  const { code, lines } = await bench("--only", "everything");
  assertEquals(code, 2);
  assertStringIncludes(lines.join("\n"), 'knows no "everything"');
});

Deno.test({
  name: "bench measures a work, and prints its line as JSON",
  ignore: !isLinux,
  async fn() {
    const { code, lines } = await bench(
      ..."--only small --rounds 1 --scale 0.01 --json".split(" "),
    );
    assertEquals(code, 0);
    assertEquals(lines.length, 1);
    const row = JSON.parse(lines[0] ?? "");
    assertEquals(row.work, "small request, 100 events");
    for (const figure of [row.base, row.gateway, row.median]) assert(figure > 0);
  },
});

Deno.test({
  name: "bench measures the memory and the delays of a gateway",
  ignore: !isLinux,
  async fn() {
    const args = "--only paced,memory --rounds 1 --scale 0.05 --requests 200 --json".split(" ");
    const { code, lines } = await bench(...args);
    assertEquals(code, 0);
    const rows = lines.map((line) => JSON.parse(line));
    assertEquals(rows.map(({ resultUnit }) => resultUnit), ["×", "ms more", "ms more", "MB more"]);
    assert(rows.at(-1).gateway > 0);
  },
});

Deno.test({
  name: "bench measures another gateway",
  ignore: !isLinux,
  async fn() {
    const seen = new Set<string | null>();
    await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (r) => {
      seen.add(`${new URL(r.url).pathname} ${r.headers.get("x-api-key")}`);
      return new Response('event: message_stop\ndata: {"type":"message_stop"}\n\n');
    });
    const { code, lines } = await bench(
      ...["--against", `http://127.0.0.1:${server.addr.port}/other`, "--header", "x-api-key: a"],
      ..."--only first-event,small,start --rounds 1 --scale 0.02".split(" "),
    );
    assertEquals(code, 0);
    assertEquals([...seen], ["/other a"]);
    const table = lines.join("\n");
    assertMatch(table, /fake upstream is http:\/\/127\.0\.0\.1:\d+/);
    assertMatch(table, /^first event, one connection.* ms more/m);
    assertStringIncludes(table, "small: left out, needs --pid");
    assertStringIncludes(table, "start: left out");
  },
});
