/**
 * Measures the gateway against a raw passthrough under the same load, in interleaved rounds.
 *
 *     deno task bench -- --help
 */
import { readOptions, UsageError } from "./options.ts";
import { say } from "./processes.ts";
import { Stage } from "./stage.ts";
import { describeRow, formatHead, formatRow, type Row } from "./table.ts";
import { WORKS } from "./works/registry.ts";
import type { Report } from "./works/work.ts";

const HELP = `Measures the gateway against a raw passthrough, all on this machine.

  deno task bench                             every work below without a star; about 3 minutes
  deno task bench -- --only small,agent       some works
  SWITCHYARD_BINARY=dist/switchyard deno task bench   the binary in place of the source
  deno task bench -- --against http://127.0.0.1:3456/v1/messages --pid 1234 --upstream-port 9000
                                              another gateway, whose upstream is http://127.0.0.1:9000

  --only NAME[,NAME]     works to run
  --rounds N             interleaved rounds of each work (5)
  --scale FACTOR         on the number of requests of a round (1)
  --requests N           of the work "memory" (100000)
  --json                 one JSON object a line
  --against URL          Messages endpoint of a gateway that runs already
  --path PATH            of that endpoint, in place of the URL's
  --header "NAME: VALUE" sent to it, as often as needed
  --health PATH          that it answers at once (/healthz)
  --pid PID              its process, for CPU time and memory
  --upstream-port PORT   of the fake upstream (a free one)

Works (* only if named):
`;

async function main(): Promise<number> {
  const options = readOptions(Deno.args, WORKS.map(({ name }) => name));
  if (options.help) {
    say(
      HELP + WORKS.map(({ name, about, isDefault }) => {
        return `  ${isDefault ? " " : "*"} ${name.padEnd(14)} ${about}`;
      }).join("\n"),
    );
    return 0;
  }
  if (Deno.build.os !== "linux") {
    say("Cannot measure: CPU time and memory are read from /proc, which only Linux has");
    return 1;
  }
  const print = (line: string) => options.json || say(line);
  const report: Report = {
    row: (row: Row) => say(options.json ? JSON.stringify(describeRow(row)) : formatRow(row)),
    note: print,
  };
  await using stage = await Stage.open(options);
  print(describeRun(stage));
  print(`\n${formatHead()}`);
  for (const work of WORKS) {
    if (options.only ? !options.only.includes(work.name) : !work.isDefault) continue;
    const obstacle = work.obstacle?.(stage);
    if (obstacle) print(`${work.name}: left out, ${obstacle}`);
    else await work.run(stage, report);
  }
  return 0;
}

/** What is measured, where its upstream is, and whether the machine is quiet enough. */
function describeRun({ options, binary, upstreamPort }: Stage): string {
  const cores = navigator.hardwareConcurrency;
  const [load = 0] = Deno.loadavg();
  return [
    `Measured: ${options.against?.url.href ?? binary ?? "the source"}, Deno ${Deno.version.deno}`,
    `The fake upstream is http://127.0.0.1:${upstreamPort}`,
    `Load average ${load.toFixed(1)} on ${cores} cores` +
    (load > cores / 4 ? ": not quiet, so delays and waits say little" : ""),
  ].join("\n");
}

try {
  Deno.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`${error.message}\nTry --help.`);
  Deno.exitCode = 2;
}
