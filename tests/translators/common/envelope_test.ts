import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import * as fc from "fast-check";
import {
  type Envelope,
  hashText,
  isEnvelope,
  openEnvelope,
  sealEnvelope,
  stateIsFor,
  stateOwner,
} from "../../../src/translators/common/envelope.ts";

const HEAD = { p: "openai:934d38a3", m: "gpt-5.6", oi: 2, h: "0123abcd" };

const ENVELOPES: { name: string; envelope: Envelope }[] = [
  { name: "a reasoning item", envelope: { ...HEAD, k: "ri", d: { ec: "blob", sum: ["é", "b"] } } },
  { name: "reasoning details", envelope: { ...HEAD, k: "rd", d: [{ type: "reasoning.text" }] } },
  { name: "reasoning text", envelope: { ...HEAD, k: "rc", d: { f: "reasoning_content", t: "…" } } },
  { name: "thought signatures", envelope: { ...HEAD, k: "gs", d: { "": "s", call_1: "t" } } },
  { name: "a foreign signature", envelope: { ...HEAD, k: "br", d: { sig: "s" } } },
  { name: "notes", envelope: { ...HEAD, k: "ct", d: { phase: "commentary" } } },
  { name: "no data", envelope: { k: "ri", p: "p", m: "m" } },
];

for (const { name, envelope } of ENVELOPES) {
  Deno.test(`openEnvelope() opens what sealEnvelope() sealed: ${name}`, () => {
    const sealed = sealEnvelope(envelope);
    assert(isEnvelope(sealed));
    assertMatch(sealed, /^sy1\.[\w-]+$/);
    assertEquals(openEnvelope(sealed), envelope);
  });
}

Deno.test("sealEnvelope() leaves out data that would make it longer than 1 MB", () => {
  const sealed = sealEnvelope({ ...HEAD, k: "ri", d: { ec: "x".repeat(1024 * 1024) } });
  assertEquals(openEnvelope(sealed), { ...HEAD, k: "ri" });
});

const FORGED: { name: string; input: unknown }[] = [
  { name: "no text", input: 3 },
  { name: "Anthropic's own signature", input: "ErUBCkYIBxgCIkDx" },
  { name: "no base64", input: "sy1.!!" },
  { name: "no UTF-8", input: "sy1._w" },
  { name: "no JSON", input: "sy1.e2E" },
  { name: "no object", input: raw([]) },
  { name: "an unknown kind", input: raw({ k: "zz", p: "p", m: "m" }) },
  { name: "a kind from the prototype", input: raw({ k: "constructor", p: "p", m: "m" }) },
  { name: "no owner", input: raw({ k: "ri", m: "m" }) },
  { name: "data of another type", input: raw({ k: "ri", p: "p", m: "m", d: [] }) },
  { name: "data without its text", input: raw({ k: "ri", p: "p", m: "m", d: { sum: [] } }) },
  {
    name: "summaries that are no texts",
    input: raw({ k: "ri", p: "p", m: "m", d: { ec: "", sum: [1] } }),
  },
  { name: "a bad index", input: raw({ k: "ct", p: "p", m: "m", oi: -1 }) },
  { name: "more than 1 MB", input: `sy1.${"A".repeat(1024 * 1024)}` },
];

for (const { name, input } of FORGED) {
  Deno.test(`openEnvelope() refuses ${name}`, () => {
    assertEquals(openEnvelope(input), undefined);
  });
}

Deno.test("openEnvelope() survives any text", () => {
  fc.assert(fc.property(fc.string(), fc.jsonValue(), (text, value) => {
    openEnvelope(`sy1.${text}`);
    const opened = openEnvelope(raw(value));
    assert(opened === undefined || typeof opened.p === "string");
  }));
});

Deno.test("stateIsFor() tells family and host apart, but no paths", () => {
  const home = { family: "openai", baseUrl: "https://api.openai.com/v1" };
  const envelope: Envelope = { k: "ri", p: stateOwner(home), m: "m" };
  assert(stateIsFor(envelope, home));
  assert(stateIsFor(envelope, { ...home, baseUrl: "https://api.openai.com/v2" }));
  assertFalse(stateIsFor(envelope, { ...home, baseUrl: "https://eu.api.openai.com/v1" }));
  assertFalse(stateIsFor(envelope, { ...home, family: "azure" }));
});

Deno.test("hashText() has eight hex digits", () => {
  assertEquals(hashText("abc"), "ba7816bf");
});

function raw(value: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return `sy1.${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}
