import { assert, assertEquals } from "@std/assert";
import {
  droppedHeader,
  noteOrigin,
  originHeaders,
  relayedHeaders,
} from "../../src/server/answer_headers.ts";
import type { RequestRecord } from "../../src/server/record.ts";
import { Losses } from "../../src/translators/losses.ts";
import { configOf, plainConfig } from "../support/config.ts";

const target = (await configOf(plainConfig())).targets.get("a");
if (!target) throw new Error("the config has no target");
const TARGET = target;

function recordOf(headers: HeadersInit): RequestRecord {
  const record: RequestRecord = {};
  noteOrigin(record, TARGET, new Headers(headers));
  return record;
}

const IDS: { headers: Readonly<Record<string, string>>; want: string | undefined }[] = [
  { headers: {}, want: undefined },
  { headers: { "request-id": "a", "x-request-id": "b" }, want: "a" },
  { headers: { "x-request-id": "b", "cf-ray": "c" }, want: "b" },
  { headers: { "x-amzn-requestid": "d" }, want: "d" },
  { headers: { "cf-ray": "c" }, want: "c" },
  { headers: { "x-request-id": "x".repeat(201), "cf-ray": "c" }, want: "c" },
];

for (const { headers, want } of IDS) {
  Deno.test(`originHeaders() finds the upstream's id ${want}`, () => {
    const found = originHeaders(recordOf(headers));
    assertEquals(found["x-switchyard-target"], "a");
    assertEquals(found["x-switchyard-upstream-request-id"], want);
  });
}

Deno.test("originHeaders() are none for an answer without an upstream", () => {
  assertEquals(originHeaders({}), {});
});

Deno.test("droppedHeader() lists what was lost in a form that a header can hold", () => {
  const losses = new Losses("warn", "here");
  assertEquals(droppedHeader(losses), {});
  losses.warn("messages.3.content.0", "x");
  losses.warn("tools.0.ключ\r\nset-cookie: a", "y");
  const header = droppedHeader(losses)["x-switchyard-dropped"] ?? "";
  assert(header.startsWith("messages.3.content.0,tools.0.????"), header);
  assert(/^[\x21-\x7e]+$/.test(header), header);
});

Deno.test("droppedHeader() stays short, and is silent for on_loss: drop", () => {
  const losses = new Losses("warn", "here");
  const silent = new Losses("drop", "here");
  for (let at = 0; at < 1000; at++) {
    losses.warn(`messages.${at}.content.0`, "x");
    silent.warn(`messages.${at}.content.0`, "x");
  }
  const header = droppedHeader(losses)["x-switchyard-dropped"] ?? "";
  assert(header.length > 900 && header.length <= 1024, String(header.length));
  assertEquals(droppedHeader(silent), {});
});

Deno.test("relayedHeaders() takes Anthropic's headers and nothing of the connection", () => {
  const record = recordOf({
    "anthropic-ratelimit-tokens-limit": "5",
    "anthropic-organization-id": "org",
    "retry-after": "1",
    "x-should-retry": "true",
    "content-encoding": "gzip",
    "content-length": "5",
    "set-cookie": "a=b",
    "request-id": "up",
  });
  const headers = relayedHeaders(record, new Losses("warn", "here"));
  assertEquals(headers, {
    "anthropic-ratelimit-tokens-limit": "5",
    "retry-after": "1",
    "x-should-retry": "true",
    "x-switchyard-target": "a",
    "x-switchyard-upstream-request-id": "up",
  });
});
