/**
 * The load, in a process of its own: takes orders as lines of JSON, and answers each with a line.
 *
 * See loader_client.ts, which starts it.
 */
import { readLines } from "./lines.ts";
import { burst, measureFirstEvents, Poll } from "./load_requests.ts";
import { HeldStreams } from "./load_streams.ts";
import type { Order, Results } from "./loader_client.ts";
import { requestBody } from "./requests.ts";

let polling: Poll | undefined;
let held: HeldStreams | undefined;

async function obey(order: Order): Promise<Results[keyof Results]> {
  switch (order.do) {
    case "burst":
      return await burst(order);
    case "firstEvent":
      return await measureFirstEvents(order);
    case "poll":
      polling = new Poll(order);
      return {};
    case "pollEnd":
      if (!polling) throw new Error("Cannot stop to poll: nothing was polled");
      return await polling.end();
    case "hold":
      held = await HeldStreams.open(order);
      return {};
    case "count":
      if (!held) throw new Error("Cannot count: no streams are open");
      return await held.count(order.forMs);
    case "release":
      held?.close();
      return {};
    case "json": {
      const text = requestBody(order.ask);
      for (let at = 0; at < order.times; at++) JSON.stringify(JSON.parse(text));
      return {};
    }
  }
}

const encoder = new TextEncoder();
for await (const line of readLines(Deno.stdin.readable)) {
  let answer: unknown;
  try {
    answer = { result: await obey(JSON.parse(line)) };
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) };
  }
  Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(answer)}\n`));
}
Deno.exit(0);
