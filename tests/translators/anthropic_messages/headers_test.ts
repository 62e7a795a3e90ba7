import { assertEquals } from "@std/assert";
import type { Quirks } from "../../../src/profiles/schema.ts";
import { forwardHeaders } from "../../../src/translators/anthropic_messages/headers.ts";
import { rawBody, relayTarget, relayTurn } from "./relay_turn.ts";

const BODY = rawBody('{"model":"m","messages":[{"role":"user","content":"a"}],"max_tokens":1}');
const ADDED = { "anthropic-version": "2023-06-01", "content-type": "application/json" };

type Fields = Record<string, string>;

const CASES: { name: string; quirks?: Quirks; client: Fields; want: Fields }[] = [
  {
    name: "forwards what says who the client is and what it wants",
    client: {
      "Anthropic-Version": "2026-10-21",
      "anthropic-beta": "a-1,b-2",
      "anthropic-dangerous-direct-browser-access": "true",
      "content-type": "application/json; charset=utf-8",
      "accept": "application/json",
      "user-agent": "claude-cli/2",
      "x-app": "cli",
      "x-claude-code-session-id": "s",
      "x-stainless-lang": "js",
    },
    want: {
      "accept": "application/json",
      "anthropic-beta": "a-1,b-2",
      "anthropic-dangerous-direct-browser-access": "true",
      "anthropic-version": "2026-10-21",
      "content-type": "application/json; charset=utf-8",
      "user-agent": "claude-cli/2",
      "x-app": "cli",
      "x-claude-code-session-id": "s",
      "x-stainless-lang": "js",
    },
  },
  {
    name: "keeps credentials, hop-by-hop headers and addresses here",
    client: {
      "x-api-key": "k",
      "authorization": "Bearer k",
      "proxy-authorization": "k",
      "cookie": "a=b",
      "connection": "keep-alive",
      "te": "trailers",
      "host": "localhost",
      "content-length": "3",
      "content-encoding": "gzip",
      "accept-encoding": "br",
      "expect": "100-continue",
      "x-forwarded-for": "10.0.0.1",
      "forwarded": "for=10.0.0.1",
      "x-real-ip": "10.0.0.1",
    },
    want: ADDED,
  },
  { name: "adds a version and a type where there are none", client: {}, want: ADDED },
  {
    name: "keeps the betas as written when no glob matches",
    quirks: { drop_betas: ["x-*"] },
    client: { "anthropic-beta": "a-1 ,b-2" },
    want: { "anthropic-beta": "a-1 ,b-2", ...ADDED },
  },
  {
    name: "drops the betas that a glob matches",
    quirks: { drop_betas: ["a-*", "c-3"] },
    client: { "anthropic-beta": "a-1, b-2,c-3,d-4" },
    want: { "anthropic-beta": "b-2,d-4", ...ADDED },
  },
  {
    name: "drops the header with its last beta",
    quirks: { drop_betas: ["*"] },
    client: { "anthropic-beta": "a-1,b-2" },
    want: ADDED,
  },
];

for (const { name, quirks = {}, client, want } of CASES) {
  Deno.test(`forwardHeaders() ${name}`, () => {
    const turn = relayTurn(BODY, relayTarget({ quirks }));
    assertEquals(Object.fromEntries(forwardHeaders(turn, new Headers(client))), want);
  });
}

Deno.test("forwardHeaders() joins betas that come in several headers", () => {
  const client = new Headers([["anthropic-beta", "a-1"], ["anthropic-beta", "b-2"]]);
  const turn = relayTurn(BODY, relayTarget({ quirks: { drop_betas: ["a-1"] } }));
  assertEquals(forwardHeaders(turn, client).get("anthropic-beta"), "b-2");
});
