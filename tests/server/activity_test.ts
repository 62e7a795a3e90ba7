import { assertEquals, assertObjectMatch } from "@std/assert";
import { UnavailableError } from "../../src/errors.ts";
import { hideSecrets } from "../../src/log.ts";
import { Activity, MINUTES, RECENT } from "../../src/server/activity.ts";
import type { EndedRequest } from "../../src/server/ended_request.ts";

const NOON = 29_000_000 * 60_000;

/** A stream of a target `a` that went well. */
function ended(more: Partial<EndedRequest> = {}): EndedRequest {
  return {
    requestId: "req_1",
    endedAt: NOON,
    durationMs: 50,
    method: "POST",
    path: "/a/v1/messages",
    status: 200,
    keyName: "x",
    error: undefined,
    target: "a",
    answeredBy: "a",
    model: "claude-x",
    stream: true,
    firstEventMs: 20,
    tokens: { input: 10, cacheRead: 5, cacheCreation: 1, output: 3 },
    ...more,
  };
}

Deno.test("Activity sums a request up, and names no key", () => {
  const activity = new Activity();
  activity.watch(ended({ losses: [{ path: "top_k", what: "top_k" }] }));
  const { requests } = activity.report();
  assertEquals(requests, [{
    id: "req_1",
    ended_at: NOON,
    target: "a",
    model: "claude-x",
    stream: true,
    status: 200,
    error: null,
    duration_ms: 50,
    first_event_ms: 20,
    tokens: { input: 10, cache_read: 5, cache_creation: 1, output: 3 },
    dropped: ["top_k: top_k"],
  }]);
});

Deno.test("Activity counts by target and minute", () => {
  const activity = new Activity();
  activity.watch(ended());
  activity.watch(ended({ firstEventMs: 40, endedAt: NOON + 59_999 }));
  activity.watch(ended({ error: new Error("broken"), endedAt: NOON + 60_000 }));
  activity.watch(ended({ answeredBy: "b" }));
  const { minutes } = activity.report();
  assertEquals(
    minutes.map(({ target, minute, requests, errors }) => ({
      ...{ target, minute, requests, errors },
    })),
    [
      { target: "a", minute: 29_000_000, requests: 2, errors: 0 },
      { target: "a", minute: 29_000_001, requests: 1, errors: 1 },
      { target: "b", minute: 29_000_000, requests: 1, errors: 0 },
    ],
  );
  assertObjectMatch(minutes[0] ?? {}, {
    first_event_ms: 60,
    first_events: 2,
    slowest_ms: 40,
    input_tokens: 32,
    cached_tokens: 10,
    output_tokens: 6,
  });
});

Deno.test("Activity tells only what came after a mark", () => {
  const activity = new Activity();
  activity.watch(ended({ requestId: "req_1" }));
  activity.watch(ended({ requestId: "req_2", answeredBy: "b" }));
  const { recorder, mark } = activity.report();
  assertEquals(activity.report({ [recorder]: mark }).requests, []);
  assertEquals(activity.report({ [recorder]: mark }).minutes, []);
  activity.watch(ended({ requestId: "req_3" }));
  const news = activity.report({ [recorder]: mark });
  assertEquals(news.requests.map(({ id }) => id), ["req_3"]);
  assertEquals(news.minutes.map(({ target, requests }) => [target, requests]), [["a", 2]]);
});

Deno.test("Activity is bounded, however many requests, targets and names there are", () => {
  const activity = new Activity();
  const losses = Array.from({ length: 50 }, () => ({ path: "p".repeat(500), what: "w" }));
  for (let at = 0; at < 2 * RECENT; at++) {
    activity.watch(ended({
      requestId: `req_${at}`,
      answeredBy: `target ${at}`,
      model: "m".repeat(1000),
      losses,
      endedAt: NOON + at * 60_000,
    }));
  }
  const { requests, minutes } = activity.report();
  assertEquals(requests.length, RECENT);
  assertEquals(requests[0]?.id, `req_${RECENT}`);
  assertEquals(requests.at(-1)?.id, `req_${2 * RECENT - 1}`);
  assertEquals(requests[0]?.model?.length, 200);
  assertEquals(requests[0]?.dropped.map(({ length }) => length), Array(8).fill(200));
  assertEquals(minutes.length, MINUTES);
});

Deno.test("Activity goes on in the same minute when the clock is set back", () => {
  const activity = new Activity();
  activity.watch(ended());
  activity.watch(ended({ endedAt: NOON - 3_600_000 }));
  assertEquals(activity.report().minutes.map(({ requests }) => requests), [2]);
});

Deno.test("Activity keeps refusals without a target, but no other request without one", () => {
  const activity = new Activity();
  const { target: _, answeredBy: __, ...none } = ended();
  activity.watch({ ...none, method: "GET", path: "/api/status" });
  activity.watch({ ...none, path: "/a/v1/messages/count_tokens" });
  activity.watch({ ...none, status: 529, error: new UnavailableError("too much") });
  const { requests, minutes } = activity.report();
  assertEquals(requests.map(({ target, error }) => [target, error]), [
    [null, { type: "overloaded_error", message: "too much" }],
  ]);
  assertEquals(minutes, []);
});

Deno.test("Activity tells no secret", () => {
  hideSecrets(["secret-of-the-tests"]);
  const activity = new Activity();
  activity.watch(ended({
    model: "secret-of-the-tests",
    error: new Error("not secret-of-the-tests"),
    losses: [{ path: "secret-of-the-tests", what: "it" }],
  }));
  const text = JSON.stringify(activity.report());
  assertEquals(text.includes("secret-of-the-tests"), false);
  assertEquals(text.split("[redacted]").length, 4);
});
