import { assert, assertEquals, assertThrows } from "@std/assert";
import { ChunkDecoder } from "../../../src/upstream/http1/chunks.ts";
import { HttpSyntaxError } from "../../../src/upstream/http1/head.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Decodes pieces, each at an odd place of a larger buffer; what was data, and what came behind. */
function decode(pieces: readonly string[]): { data: string; rest: string; isOver: boolean } {
  const chunks = new ChunkDecoder();
  let data = "";
  let rest = "";
  for (const piece of pieces) {
    const bytes = encoder.encode(`###${piece}###`);
    const end = bytes.length - 3;
    const { dataEnd, next } = chunks.decode(bytes, 3, end);
    data += decoder.decode(bytes.subarray(3, dataEnd));
    rest += decoder.decode(bytes.subarray(next, end));
    assertEquals(decoder.decode(bytes.subarray(end)), "###");
  }
  return { data, rest, isOver: chunks.isOver };
}

const BODIES: { name: string; body: string; data: string }[] = [
  { name: "one chunk", body: "5\r\nhello\r\n0\r\n\r\n", data: "hello" },
  { name: "no data", body: "0\r\n\r\n", data: "" },
  {
    name: "several chunks",
    body: "1\r\na\r\nA\r\n0123456789\r\n2\r\nbc\r\n0\r\n\r\n",
    data: "a0123456789bc",
  },
  {
    name: "line breaks as data",
    body: "4\r\n\r\n\r\n\r\n3\r\n0\r\n\r\n0\r\n\r\n",
    data: "\r\n\r\n0\r\n",
  },
  { name: "zeros before the size", body: "0003\r\nabc\r\n000\r\n\r\n", data: "abc" },
  { name: "extensions", body: '3;a="b;c"\r\nabc\r\n3 \t\r\ndef\r\n0;last\r\n\r\n', data: "abcdef" },
  { name: "a trailer", body: "3\r\nabc\r\n0\r\nx-a: 1\r\nx-b: 2\r\n\r\n", data: "abc" },
];

for (const { name, body, data } of BODIES) {
  Deno.test(`ChunkDecoder reads ${name}, cut anywhere`, () => {
    assertEquals(decode([body]), { data, rest: "", isOver: true });
    assertEquals(decode([...body]), { data, rest: "", isOver: true });
    for (let cut = 1; cut < body.length; cut++) {
      assertEquals(decode([body.slice(0, cut), body.slice(cut)]), { data, rest: "", isOver: true });
      assert(!decode([body.slice(0, cut)]).isOver, `over after ${cut} bytes`);
    }
  });

  Deno.test(`ChunkDecoder leaves what comes behind ${name}`, () => {
    assertEquals(decode([`${body}HTTP/1.1 200`]), { data, rest: "HTTP/1.1 200", isOver: true });
  });
}

const BROKEN: { name: string; body: string }[] = [
  { name: "a size that is missing", body: "\r\nabc" },
  { name: "a size that is negative", body: "-1\r\n" },
  { name: "a size with a prefix", body: "0x5\r\n" },
  { name: "a size in words", body: "five\r\n" },
  { name: "a size beyond what a number holds", body: "11111111111111\r\n" },
  { name: "a chunk longer than its size", body: "3\r\nabcd\r\n" },
  { name: "a bare line feed behind a size", body: "3\nabc\r\n0\r\n\r\n" },
  { name: "a bare line feed in an extension", body: "3;a\nabc\r\n0\r\n\r\n" },
  { name: "a bare carriage return behind a size", body: "3\rabc\r\n0\r\n\r\n" },
  { name: "a chunk that ends in a bare line feed", body: "3\r\nabc\n0\r\n\r\n" },
  { name: "an endless extension", body: `3;${"x".repeat(20_000)}\r\nabc\r\n` },
  { name: "a trailer that is no header", body: "3\r\nabc\r\n0\r\nhello\r\n\r\n" },
  { name: "a trailer with a bare line feed", body: "3\r\nabc\r\n0\r\nx: y\n\r\n" },
  { name: "an endless trailer", body: `0\r\n${"x: y\r\n".repeat(5_000)}\r\n` },
];

for (const { name, body } of BROKEN) {
  Deno.test(`ChunkDecoder refuses ${name}, cut anywhere`, () => {
    assertThrows(() => decode([body]), HttpSyntaxError);
    assertThrows(() => decode([...body]), HttpSyntaxError);
  });
}
