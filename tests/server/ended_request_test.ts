import { assertEquals, assertObjectMatch } from "@std/assert";
import { type EndedRequest, errorTypeOf, targetOf } from "../../src/server/ended_request.ts";
import { events, FakeUpstream, json, type Script } from "../support/fake_upstream.ts";
import { streamOf } from "../support/server_chat.ts";
import { ask, askStream, startGateway, targets } from "../support/server_gateway.ts";

/** What a watcher is told of one request at a target `a`, with a fallback `b` that streams. */
async function watched(first: Script, body: unknown = askStream("hi")): Promise<EndedRequest> {
  await using broken = new FakeUpstream(first);
  await using sound = new FakeUpstream(events(streamOf("hello")));
  const of = ({ url }: FakeUpstream) => ["api_mode: chat_completions", `base_url: ${url}/v1`];
  await using gateway = await startGateway(
    targets({ a: [...of(broken), "fallback: [b]"], b: of(sound) }),
  );
  const { promise, resolve } = Promise.withResolvers<EndedRequest>();
  gateway.services.watchers.add(resolve);
  await (await gateway.post("/a/v1/messages", body)).body?.cancel().catch(() => {});
  return await promise;
}

Deno.test("watchers are told of a request when its stream has ended", async () => {
  await using upstream = new FakeUpstream(events(streamOf("hello")));
  await using gateway = await startGateway(
    targets({ a: ["api_mode: chat_completions", `base_url: ${upstream.url}/v1`] }),
  );
  const { promise, resolve } = Promise.withResolvers<EndedRequest>();
  gateway.services.watchers.add(resolve);
  const response = await gateway.post("/a/v1/messages", askStream("hi"));
  await response.text();
  const ended = await promise;
  assertObjectMatch(ended, {
    requestId: response.headers.get("request-id") ?? "",
    method: "POST",
    path: "/a/v1/messages",
    status: 200,
    model: "claude-x",
    stream: true,
    attempts: 1,
    tokens: { input: 7, cacheRead: 0, cacheCreation: 0, output: 3 },
  });
  assertEquals([targetOf(ended), errorTypeOf(ended)], ["a", undefined]);
});

Deno.test("watchers are told which target answered in place of which", async () => {
  const ended = await watched(json({ error: { message: "down" } }, { status: 500 }));
  assertObjectMatch(ended, { firstTarget: "a", attempts: 2 });
  assertEquals(targetOf(ended), "b");
});

Deno.test("watchers are told what a request failed with", async () => {
  const ended = await watched(json({}), "{");
  assertEquals([ended.status, errorTypeOf(ended)], [400, "invalid_request_error"]);
  const refused = await watched(json({ error: { message: "no" } }, { status: 400 }), ask("hi"));
  assertEquals([refused.status, errorTypeOf(refused)], [400, "invalid_request_error"]);
});
