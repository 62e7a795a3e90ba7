import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parse } from "yaml";
import { doctor, type DoctorOptions } from "../../src/commands/doctor.ts";
import type { CommandIo } from "../../src/commands/io.ts";
import { RecordedIo } from "../support/command_io.ts";
import { configOf, plainConfig, temporaryFolder } from "../support/config.ts";
import { PickyUpstream, refusal } from "../support/picky_upstream.ts";
import { chatTarget } from "../support/server_gateway.ts";

async function run(yaml: string, options: Partial<DoctorOptions> = {}) {
  await using folder = await temporaryFolder({ "proxy.yaml": yaml });
  const io = new RecordedIo();
  const config = `${folder.path}/proxy.yaml`;
  const code = await doctor({ target: "chat", config, model: "m", ...options }, io);
  const files = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  return { code, io, files };
}

Deno.test("doctor() prints a table to stdout and its progress to stderr", async () => {
  await using upstream = new PickyUpstream(({ body }) => body);
  const { code, io, files } = await run(chatTarget(upstream.url), {
    only: ["stream", "pdf", "text"],
  });
  assertEquals([code, files], [0, ["proxy.yaml"]]);
  assertEquals(io.messages, [
    "Target 'chat': m by chat_completions, provider generic",
    "Sends 3 requests, about 293 input tokens and at most 3,000 output tokens; a few more where " +
    "something fails",
    "1/3 text: pass",
    "2/3 stream: pass",
    "3/3 pdf: degraded",
  ]);
  const lines = io.stdout.split("\n");
  assertMatch(lines[0] ?? "", /^shape +result +first +total +dropped +what came$/);
  assertMatch(lines[1] ?? "", /^text +pass +- +\d+ ms +"You said: /);
  assertMatch(lines[2] ?? "", /^stream +pass +\d+ ms +\d+ ms +"You said: /);
  assertMatch(
    lines[3] ?? "",
    /^pdf +degraded +\d+ ms +\d+ ms +messages\.0\.content\.0 +was not seen: .* \(see quirks: pdf\)$/,
  );
  assertMatch(io.stdout, /\n2 pass, 1 degraded; 5 requests, \d+ input and \d+ output tokens\n/);
});

Deno.test("doctor() prints a block of quirks that can be pasted as it is", async () => {
  await using upstream = new PickyUpstream(({ body }) => {
    if ("max_tokens" in body) return refusal("'max_tokens' is not supported");
    return Number(body.max_completion_tokens) < 16 ? refusal("at least 16, please") : body;
  });
  const yaml = chatTarget(upstream.url, ["quirks: {learn: false}"]);
  const { code, io } = await run(yaml, { only: ["text", "max_tokens_1", "pdf"] });
  assertEquals(code, 1);
  const block = io.stdout.slice(io.stdout.indexOf("    quirks:"));
  assertEquals(parse(block), {
    quirks: { max_tokens_field: "max_completion_tokens", min_max_tokens: 16, pdf: "file_part" },
  });
  const pasted = `${chatTarget(upstream.url)}${block}\n`;
  const { targets } = await configOf(pasted);
  assertEquals(targets.get("chat")?.profileFor("m").min_max_tokens, 16);
  const again = await run(pasted, { only: ["text", "max_tokens_1", "pdf"] });
  assertEquals([again.code, again.io.stdout.includes("quirks:")], [0, false]);
});

Deno.test("doctor() prints JSON of a shape that scripts can rely on", async () => {
  await using upstream = new PickyUpstream(({ body }) =>
    "tools" in body ? refusal("no tools here, user acct_1234567890") : body
  );
  const { code, io } = await run(chatTarget(upstream.url), {
    only: ["text", "any_tool"],
    json: true,
  });
  assertEquals([code, io.results.length], [1, 1]);
  const { version, shapes, ...report } = JSON.parse(io.stdout);
  assertMatch(version, /^\d+\.\d+\.\d+/);
  assertEquals(
    shapes.map((shape: Record<string, unknown>) => Object.keys(shape)),
    shapes.map(() => [
      "name",
      "result",
      "note",
      "first_event_ms",
      "total_ms",
      "dropped",
      "upstream",
      "proven_quirks",
    ]),
  );
  const { total_ms, note, ...refused } = shapes[1];
  assert(Number.isInteger(total_ms));
  assertEquals(note, '400 "no tools here, user [id]"');
  assertEquals(refused, {
    name: "any_tool",
    result: "failed",
    first_event_ms: null,
    dropped: [],
    upstream: { status: 400, message: "no tools here, user [id]" },
    proven_quirks: [],
  });
  assertEquals({ ...report, usage: Object.keys(report.usage) }, {
    target: "chat",
    api_mode: "chat_completions",
    provider: "generic",
    model: "m",
    counts: { pass: 1, degraded: 0, failed: 1, skipped: 0 },
    quirks: {},
    usage: ["requests", "input_tokens", "output_tokens"],
  });
});

Deno.test("doctor() shows one line that changes where it can", async () => {
  await using upstream = new PickyUpstream(({ body }) => body);
  await using folder = await temporaryFolder({ "proxy.yaml": chatTarget(upstream.url) });
  const recorded = new RecordedIo();
  const shown: string[] = [];
  const io: CommandIo = {
    out: recorded.out,
    err: recorded.err,
    progress: (text) => shown.push(text),
  };
  const options = { target: "chat", model: "m", config: `${folder.path}/proxy.yaml` };
  assertEquals(await doctor({ ...options, only: ["text", "stream"] }, io), 0);
  assertEquals(shown, ["1/2 text …", "2/2 stream …", ""]);
  assertEquals(recorded.messages.length, 2);
});

Deno.test("doctor() uses the key that was chosen, and shows none", async () => {
  const keys = ["sk-first-1234567", "sk-second-1234567"];
  await using upstream = new PickyUpstream(({ headers }) =>
    refusal(`I got ${headers.get("authorization")} and will not have it`, 400)
  );
  const yaml = chatTarget(upstream.url, [`api_key: [${keys.join(", ")}]`]);
  for (const json of [false, true]) {
    const { code, io } = await run(yaml, { key: 2, json });
    assertEquals(code, 1);
    for (const key of keys) assert(!`${io.stdout}${io.stderr}`.includes(key));
  }
  assertEquals(
    new Set(upstream.calls.map(({ headers }) => headers.get("authorization"))),
    new Set([`Bearer ${keys[1]}`, "Bearer no-such-key-of-switchyard-doctor"]),
  );
});

Deno.test("doctor() does not show a key that a model repeats", async () => {
  const key = "kk-unusual-987654";
  await using upstream = new PickyUpstream(({ headers, body }) => ({
    ...body,
    messages: [{ role: "user", content: headers.get("authorization") }],
  }));
  const yaml = chatTarget(upstream.url, [`api_key: ${key}`]);
  const { io } = await run(yaml, { only: ["text"] });
  assertStringIncludes(io.stdout, "You said");
  assert(!io.stdout.includes(key));
});

Deno.test("doctor() examines the demo without a file", async () => {
  const io = new RecordedIo();
  const options = { target: "demo-chat", demo: true, only: ["text", "stream"] };
  assertEquals(await doctor(options, io), 0);
  assertStringIncludes(io.stdout, "2 pass; 2 requests");
});

const PROBLEMS: {
  name: string;
  yaml: string;
  options?: Partial<DoctorOptions>;
  want: string;
  code?: number;
}[] = [
  {
    name: "a target that is not there",
    yaml: plainConfig("a"),
    want: "There is no target 'chat'; known are 'a'",
  },
  {
    name: "a shape that is not there",
    yaml: plainConfig("chat"),
    options: { only: ["text", "txet"] },
    want: "There is no shape 'txet'; known are text, stream",
    code: 2,
  },
  {
    name: "a model that nobody names",
    yaml: plainConfig("chat"),
    options: { model: undefined },
    want: "Target 'chat' sends the client's model name; say which with '--model'",
  },
  {
    name: "a key that is not there",
    yaml: `${plainConfig("chat")}    api_key: kkkkkk\n`,
    options: { key: 2 },
    want: "Target 'chat' has 1 api_key; there is no number 2",
  },
  { name: "a broken file", yaml: "targets: 1", want: ":1:10 targets: expected a map" },
];

for (const { name, yaml, options = {}, want, code = 1 } of PROBLEMS) {
  Deno.test(`doctor() explains ${name}, and sends nothing`, async () => {
    const outcome = await run(yaml, options);
    assertEquals([outcome.code, outcome.io.stdout], [code, ""]);
    assertStringIncludes(outcome.io.stderr, want);
  });
}

Deno.test("doctor() says which places it looked in", async () => {
  const io = new RecordedIo();
  assertEquals(await doctor({ target: "a", config: "/no/such.yaml" }, io), 1);
  assertStringIncludes(io.stderr, "/no/such.yaml: cannot read the config file: it does not exist");
});
