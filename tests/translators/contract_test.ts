import Anthropic from "@anthropic-ai/sdk";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { errorResponse } from "../../src/anthropic/error_body.ts";
import { GatewayError } from "../../src/errors.ts";
import { isObject, type JsonObject } from "../../src/json.ts";
import { mapFailure } from "../../src/translators/common/failure.ts";
import { findTranslator, MODES } from "../../src/translators/registry.ts";
import type { ConvertingTranslator, RelayTranslator } from "../../src/translators/translator.ts";
import { CHUNKERS } from "../support/chunkers.ts";
import { assertEventOrder } from "../support/events.ts";
import { expectFixture, type FixtureCase, readCases } from "../support/fixtures.ts";
import { foldEvents } from "../support/fold_events.ts";
import { bytesOf, replayFolded, replayStream, replayWhole } from "../support/replay.ts";
import { lostPaths, testTurn } from "../support/turn.ts";

/** What every mode must show, whatever else it has fixtures for. */
const REQUIRED = [
  "text",
  "parallel_tool_calls",
  "no_argument_tool",
  "reasoning",
  "claude_code_turn",
];

/** Cases that a mode need not show, and why. */
const SKIPPED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  anthropic_messages: {
    no_argument_tool: "a relayed stream is not read",
    parallel_tool_calls: "a relayed stream is not read",
    reasoning: "a relayed stream is not read",
  },
};

for (const mode of MODES) {
  const translator = findTranslator(mode);
  const cases = await readCases(mode);
  Deno.test(`${mode} has a fixture for every required case`, () => {
    const names = new Set(cases.map(({ name }) => name));
    const skipped = SKIPPED[mode] ?? {};
    assertEquals(REQUIRED.filter((name) => !names.has(name) && !(name in skipped)), []);
  });
  for (const one of cases) {
    if (translator?.kind === "convert") testConversion(translator, one);
    if (translator?.kind === "relay") testRelay(translator, one);
  }
  testFailures(mode);
}

function testConversion(translator: ConvertingTranslator, one: FixtureCase): void {
  const title = `${translator.mode}/${one.name}`;
  const turnOf = (stream = true) =>
    testTurn({ ...one.target, mode: translator.mode, request: { ...one.request, stream } });
  const replayOf = (stream = true) => {
    const turn = turnOf(stream);
    const { emulatedStops } = translator.translateRequest(turn);
    return { turn, translator, stops: emulatedStops };
  };

  Deno.test(`${title}: the request becomes what the fixture says, twice the same`, async () => {
    const turn = turnOf();
    const asked = structuredClone(turn.request);
    const { path, body, emulatedStops } = translator.translateRequest(turn);
    assertEquals(turn.request, asked, "its tools belong to later requests too");
    const sent = { path, emulated_stops: emulatedStops, dropped: lostPaths(turn), body };
    await expectFixture(one, "upstream_request.json", sent);
    const again = translator.translateRequest(turnOf());
    assertEquals(JSON.stringify(again.body), JSON.stringify(body));
  });

  Deno.test(`${title}: the events keep their grammar wherever the bytes are cut`, () => {
    const [whole, ...others] = CHUNKERS.map(({ cut }) => replayStream(replayOf(), cut(one.stream)));
    assert(whole !== undefined);
    assertEquals(assertEventOrder(whole).at(-1)?.name, "message_stop");
    for (const other of others) assertEquals(other, whole);
  });

  Deno.test(`${title}: folding the events gives the message of the fixture`, async () => {
    const message = replayFolded(replayOf(false), [one.stream]);
    await expectFixture(one, "message.json", message);
    assertEquals<unknown>(foldEvents(replayStream(replayOf(), [one.stream])), message);
    if (one.whole !== undefined) assertEquals(replayWhole(replayOf(false), one.whole), message);
  });

  Deno.test(`${title}: Anthropic's SDK reads the message of the fixture`, async () => {
    const message = replayFolded(replayOf(false), [one.stream]);
    const read = await readWithSdk(replayStream(replayOf(), [one.stream]));
    assertEquals<unknown>(
      [read.id, read.content, read.stop_reason, read.stop_sequence, read.stop_details],
      [
        message.id,
        message.content,
        message.stop_reason,
        message.stop_sequence,
        message.stop_details,
      ],
    );
    assertEquals<unknown>(read.usage, message.usage);
  });

  Deno.test(`${title}: a stream that is cut before its end is an error`, () => {
    const frames = framesIn(one.stream, translator);
    const finished = frames.findIndex(isLast);
    assert(finished > 0, "The fixture's stream has no end");
    const matched = replayOf().stops.length > 0;
    for (let kept = 0; kept < finished; kept++) {
      const cut = replayStream(replayOf(), frames.slice(0, kept));
      const last = assertEventOrder(cut).at(-1)?.name;
      // An emulated stop sequence ends the message before the upstream does.
      assert(last === "error" || (matched && cut.includes('"stop_reason":"stop_sequence"')), cut);
    }
  });
}

/** The message that the official client makes of the text of a stream. */
async function readWithSdk(sse: string): Promise<JsonObject> {
  const headers = { "content-type": "text/event-stream; charset=utf-8" };
  const client = new Anthropic({
    apiKey: "client-key",
    baseURL: "http://127.0.0.1:9",
    fetch: () => Promise.resolve(new Response(sse, { headers })),
  });
  const messages = [{ role: "user" as const, content: "Hi" }];
  const stream = client.messages.stream({ model: "claude", max_tokens: 100, messages });
  // As plain data: the client keeps hidden state of its own in it.
  return JSON.parse(JSON.stringify(await stream.finalMessage())) as JsonObject;
}

/** The frames of a stream, each as it stands on the wire. */
function framesIn(
  stream: Uint8Array<ArrayBuffer>,
  { framing }: ConvertingTranslator,
): Uint8Array<ArrayBuffer>[] {
  if (framing === "sse") {
    const text = new TextDecoder().decode(stream);
    return text.split(/(?<=\n\n|\r\n\r\n|\r\r)/).map(bytesOf);
  }
  const frames: Uint8Array<ArrayBuffer>[] = [];
  const view = new DataView(stream.buffer, stream.byteOffset);
  for (let at = 0; at < stream.length; at += frames.at(-1)?.length ?? Infinity) {
    frames.push(stream.subarray(at, at + view.getUint32(at)));
  }
  return frames;
}

/** True for the frame that says why the answer ended. */
function isLast(frame: Uint8Array): boolean {
  const end = /"finish_reason":\s*"|"type":\s*"response\.(?:completed|incomplete)"|messageStop/;
  return end.test(new TextDecoder().decode(frame));
}

function testRelay(translator: RelayTranslator, one: FixtureCase): void {
  const title = `${translator.mode}/${one.name}`;
  const text = JSON.stringify(one.request, null, 1);
  const raw = () => {
    const turn = testTurn({
      ...one.target,
      mode: translator.mode,
      model: undefined,
      request: one.request,
    });
    return { turn, body: { bytes: bytesOf(text), text, request: turn.request } };
  };

  Deno.test(`${title}: the request goes through as its own bytes`, () => {
    const { turn, body } = raw();
    const sent = translator.translateBody(turn, body);
    assertEquals(typeof sent === "string" ? sent : new TextDecoder().decode(sent), text);
  });

  Deno.test(`${title}: a stream that needs no mending comes out the same, however it is cut`, () => {
    const decoder = new TextDecoder();
    for (const { cut } of CHUNKERS) {
      const repair = translator.createRepair(raw().turn);
      const streaming = new TextDecoder();
      let out = "";
      for (const chunk of cut(one.stream)) {
        out += repair.push(streaming.decode(chunk, { stream: true }));
      }
      out += repair.end();
      const names = assertEventOrder(out).map(({ name }) => name);
      assertEquals(names, assertEventOrder(decoder.decode(one.stream)).map(({ name }) => name));
    }
  });

  Deno.test(`${title}: a stream that is cut before its end is an error`, () => {
    const frames = new TextDecoder().decode(one.stream).split(/(?<=\n\n)/);
    for (let kept = 0; kept < frames.length - 1; kept++) {
      const repair = translator.createRepair(raw().turn);
      repair.push(frames.slice(0, kept).join(""));
      assertThrows(() => repair.end(), GatewayError);
    }
  });
}

const BODIES = [
  "",
  "<html><body>Bad gateway</body></html>",
  '{"error":{"message":"no"}}',
  "{",
  "[]",
];
const TYPES = new Set([
  "invalid_request_error",
  "authentication_error",
  "billing_error",
  "permission_error",
  "not_found_error",
  "request_too_large",
  "rate_limit_error",
  "timeout_error",
  "api_error",
  "overloaded_error",
  "conflict_error",
]);

function testFailures(mode: string): void {
  Deno.test(`${mode}: every status of an upstream is a valid error of Anthropic's`, () => {
    const turn = testTurn({ mode });
    for (let status = 300; status < 600; status++) {
      for (const body of BODIES) {
        const failure = mapFailure({ status, headers: new Headers(), body, now: 0 }, turn);
        const response = errorResponse(failure, "req_1");
        assert(response.status >= 400 && response.status < 600, `${status}: ${response.status}`);
        assertEquals(response.headers["content-type"], "application/json");
        const parsed: unknown = JSON.parse(response.body);
        assert(isObject(parsed) && isObject(parsed.error));
        assertEquals([parsed.type, parsed.request_id], ["error", "req_1"]);
        assert(TYPES.has(String(parsed.error.type)), `${status}: ${parsed.error.type}`);
        assert(typeof parsed.error.message === "string" && parsed.error.message !== "");
      }
    }
  });
}
