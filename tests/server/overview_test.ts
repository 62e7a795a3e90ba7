import { assertEquals } from "@std/assert";
import type { ActivityReport, Minute, RequestSummary } from "../../src/server/activity.ts";
import { MINUTES, RECENT } from "../../src/server/activity.ts";
import { Overview } from "../../src/server/overview.ts";

function minute(more: Partial<Minute> = {}): Minute {
  return {
    target: "a",
    minute: 1000,
    requests: 1,
    errors: 0,
    first_event_ms: 10,
    first_events: 1,
    slowest_ms: 10,
    input_tokens: 5,
    cached_tokens: 2,
    output_tokens: 3,
    ...more,
  };
}

function request(id: string, endedAt: number): RequestSummary {
  return {
    id,
    ended_at: endedAt,
    target: "a",
    model: null,
    stream: false,
    status: 200,
    error: null,
    duration_ms: 1,
    first_event_ms: null,
    tokens: null,
    dropped: [],
  };
}

/** What one thread says. */
function thread(recorder: string, report: Partial<ActivityReport> = {}) {
  return { activity: { recorder, mark: 1, requests: [], minutes: [], ...report } };
}

Deno.test("Overview sums the minutes of several threads up", () => {
  const overview = new Overview();
  overview.add([
    thread("one", { minutes: [minute({ slowest_ms: 30 })] }),
    thread("two", { minutes: [minute({ requests: 4, errors: 1 }), minute({ target: "b" })] }),
  ]);
  // A thread tells whole counts: they replace what it said before.
  overview.add([thread("one", { minutes: [minute({ requests: 2, slowest_ms: 30 })] })]);
  assertEquals(overview.since().minutes, [
    minute({
      requests: 6,
      errors: 1,
      first_event_ms: 20,
      first_events: 2,
      slowest_ms: 30,
      input_tokens: 10,
      cached_tokens: 4,
      output_tokens: 6,
    }),
    minute({ target: "b" }),
  ]);
});

Deno.test("Overview puts the requests of several threads in the order of their ends", () => {
  const overview = new Overview();
  overview.add([
    thread("one", { requests: [request("1", 10), request("3", 30)] }),
    thread("two", { requests: [request("2", 20)] }),
  ]);
  assertEquals(overview.since().requests.map(({ id }) => id), ["1", "2", "3"]);
});

Deno.test("Overview tells what came after a version", () => {
  const overview = new Overview();
  overview.add([thread("one", { requests: [request("1", 10)], minutes: [minute()] })]);
  const { version } = overview.since();
  assertEquals(overview.since(version), { version, requests: [], minutes: [] });
  overview.add([thread("two", { requests: [request("2", 5)], minutes: [minute()] })]);
  const news = overview.since(version);
  assertEquals(news.requests.map(({ id }) => id), ["2"]);
  assertEquals(news.minutes.map(({ requests }) => requests), [2]);
});

Deno.test("Overview asks each recorder from where it was, also one that was too busy to answer", () => {
  const overview = new Overview();
  overview.add([thread("one", { mark: 7 }), thread("two", { mark: 3 })]);
  overview.add([thread("one", { mark: 9 }), { activity: undefined }]);
  assertEquals(overview.marks, { one: 9, two: 3 });
});

Deno.test("Overview is bounded", () => {
  const overview = new Overview();
  for (let at = 0; at < 2 * RECENT; at++) {
    overview.add([
      thread("one", { requests: [request(`${at}`, at)], minutes: [minute({ minute: at })] }),
    ]);
  }
  const { requests, minutes } = overview.since();
  assertEquals([requests.length, requests[0]?.id], [RECENT, `${RECENT}`]);
  assertEquals([minutes.length, minutes[0]?.minute], [MINUTES, 2 * RECENT - MINUTES]);
});
